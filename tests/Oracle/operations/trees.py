"""Saves and restores trees with Orbax. A tree travels as nested JSON, see `build` and `describe`."""
import base64
import hashlib
from collections.abc import Mapping

import jax
import ml_dtypes
import numpy as np
import orbax.checkpoint as ocp
from jax.sharding import NamedSharding, PartitionSpec, SingleDeviceSharding
from orbax.checkpoint import v1
from orbax.checkpoint._src.metadata import pytree_metadata_options
from orbax.checkpoint._src.metadata import sharding as sharding_metadata

from operations import operation, tree_types

# Otherwise JAX makes 32 bits of every number of 64.
jax.config.update('jax_enable_x64', True)


SMALL = {'int2': 3, 'int4': 15, 'float4_e2m1fn': 15}


def dtype_of(name):
    return np.dtype(getattr(ml_dtypes, name) if hasattr(ml_dtypes, name) else name)


def elements(node):
    return np.frombuffer(base64.b64decode(node['bytes']), dtype_of(node['dtype'])).reshape(node['shape']).copy()


def mesh_of(sharding):
    by_id = {device.id: device for device in jax.devices()}
    count = int(np.prod(sharding['mesh']))
    ids = sharding.get('devices') or sorted(by_id)[:count]
    return jax.sharding.Mesh(np.array([by_id[id] for id in ids]).reshape(sharding['mesh']), sharding['axes'])


def place(array, sharding):
    """Puts an array on the devices; every process has the whole array and keeps its shards."""
    if sharding is None:
        return jax.device_put(array, jax.local_devices()[0])
    spec = PartitionSpec(*[None if not axes else axes[0] if len(axes) == 1 else tuple(axes) for axes in sharding['spec']])
    named = NamedSharding(mesh_of(sharding), spec, memory_kind=sharding.get('memory'))
    return jax.make_array_from_callback(array.shape, named, lambda index: array[index])


def build(node):
    """The value that a node of JSON stands for."""
    kind = node['kind']
    if kind in ('dict', 'named', 'class'):
        children = {key: build(child) for key, child in node['children']}
        if kind == 'dict':
            return children
        return tree_types.named_tuple(list(children))(**children) if kind == 'named' else tree_types.data_class(list(children))(**children)
    if kind in ('list', 'tuple'):
        children = [build(child) for child in node['children']]
        return children if kind == 'list' else tuple(children)
    if kind == 'jax':
        return place(elements(node), node.get('sharding'))
    if kind == 'numpy':
        return elements(node)
    if kind == 'scalar':
        return elements(node)[()]
    if kind == 'python':
        return elements(node)[()].item()
    if kind == 'key':
        return jax.random.wrap_key_data(place(elements(node), None), impl=node['implementation'])
    if kind == 'text':
        return node['text']
    if kind == 'none':
        return None
    raise ValueError(kind)


def save_args(node, tree):
    """What the tree says of each leaf about how it is stored."""
    found = []

    def walk(node):
        if 'children' in node:
            pairs = node['children'] if node['kind'] not in ('list', 'tuple') else [('', child) for child in node['children']]
            # JAX takes the entries of a dictionary in the order of their keys.
            for _, child in sorted(pairs, key=lambda pair: pair[0]) if node['kind'] == 'dict' else pairs:
                walk(child)
        elif node['kind'] != 'none':
            found.append(ocp.SaveArgs(
                dtype=dtype_of(node['store_as']) if node.get('store_as') else None,
                chunk_byte_size=node.get('chunk_bytes'),
                shard_axes=tuple(node.get('shard_axes', ()))))

    walk(node)
    return jax.tree.unflatten(jax.tree.structure(tree), found)


def handler(options):
    return ocp.PyTreeCheckpointHandler(
        use_ocdbt=options['ocdbt'],
        use_zarr3=options['zarr3'],
        use_compression=options.get('compression', True),
        enable_pinned_host_transfer=options.get('pinned_host'),
        pytree_metadata_options=pytree_metadata_options.PyTreeMetadataOptions(support_rich_types=options.get('rich', False)))


@operation
def save_tree(path, tree, options):
    """Saves a tree, by one of Orbax's APIs."""
    value = build(tree)
    custom = options.get('custom')
    args = save_args(tree, value)
    api = options['api']
    if api == 'v1':
        storage = v1.options.ArrayOptions.Saving(
            use_ocdbt=options['ocdbt'], use_zarr3=options['zarr3'], use_compression=options.get('compression', True),
            ocdbt_target_data_file_size=options.get('data_file_bytes'), enable_pinned_host_transfer=bool(options.get('pinned_host')))
        with v1.Context(array_options=v1.options.ArrayOptions(saving=storage)):
            v1.save(path, value, custom_metadata=custom)
    elif api == 'standard':
        with ocp.Checkpointer(ocp.StandardCheckpointHandler()) as checkpointer:
            checkpointer.save(path, args=ocp.args.StandardSave(value, save_args=args, custom_metadata=custom))
    else:
        item = ocp.args.PyTreeSave(
            value, save_args=args, custom_metadata=custom, ocdbt_target_data_file_size=options.get('data_file_bytes'))
        if api == 'composite':
            registry = ocp.handlers.DefaultCheckpointHandlerRegistry()
            registry.add('state', ocp.args.PyTreeSave, handler(options))
            with ocp.Checkpointer(ocp.CompositeCheckpointHandler(handler_registry=registry)) as checkpointer:
                checkpointer.save(path, args=ocp.args.Composite(state=item, extra=ocp.args.JsonSave({'api': api})))
        else:
            with ocp.Checkpointer(handler(options)) as checkpointer:
                checkpointer.save(path, args=item)


def describe_sharding(sharding):
    if isinstance(sharding, SingleDeviceSharding):
        return {'device': [device.id for device in sharding.device_set]}
    if isinstance(sharding, NamedSharding):
        spec = [[] if axes is None else [axes] if isinstance(axes, str) else list(axes) for axes in sharding.spec]
        mesh = sharding.mesh
        return {
            'mesh': list(mesh.devices.shape), 'axes': list(mesh.axis_names), 'types': [str(type) for type in mesh.axis_types or ()], 'spec': spec,
            'devices': [device.id for device in mesh.devices.flat], 'memory': sharding.memory_kind}
    return repr(sharding)


def describe_shards(array):
    """What this process has of an array."""
    shards = {}
    for shard in array.addressable_shards:
        origin = [index.start or 0 for index in shard.index]
        shards[str(origin)] = {'origin': origin, **describe_array(np.asarray(shard.data))}
    return {'dtype': array.dtype.name, 'shape': list(array.shape), 'shards': [shards[key] for key in sorted(shards)]}


def describe_array(array):
    elements = array.tobytes()
    if array.dtype.name in SMALL:
        # JAX leaves the bits of a byte that an element does not have as they come.
        elements = (np.frombuffer(elements, np.uint8) & SMALL[array.dtype.name]).tobytes()
    return {'dtype': array.dtype.name, 'shape': list(array.shape), 'sha256': hashlib.sha256(elements).hexdigest()}


def describe(value):
    """JSON that tells a value, its type and its place on devices."""
    if isinstance(value, dict):
        return {'kind': 'dict', 'children': [[key, describe(child)] for key, child in value.items()]}
    if isinstance(value, tuple) and hasattr(value, '_fields'):
        return {'kind': 'named', 'class': type(value).__name__, 'children': [[key, describe(child)] for key, child in zip(value._fields, value)]}
    if isinstance(value, (list, tuple)):
        return {'kind': 'list' if isinstance(value, list) else 'tuple', 'children': [describe(child) for child in value]}
    if value is None:
        return {'kind': 'none'}
    if isinstance(value, str):
        return {'kind': 'text', 'text': value}
    if isinstance(value, jax.Array):
        if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
            data = jax.random.key_data(value)
            return {'kind': 'key', 'implementation': str(jax.random.key_impl(value)), **describe_array(np.asarray(data)), 'sharding': describe_sharding(value.sharding)}
        elements = describe_array(np.asarray(value)) if value.is_fully_addressable else describe_shards(value)
        return {'kind': 'jax', **elements, 'weak': value.weak_type, 'sharding': describe_sharding(value.sharding)}
    if isinstance(value, np.ndarray):
        return {'kind': 'numpy', **describe_array(value)}
    if isinstance(value, np.generic):
        return {'kind': 'scalar', **describe_array(np.asarray(value))}
    if isinstance(value, (bool, int, float, complex)):
        return {'kind': 'python', 'type': type(value).__name__, 'sha256': hashlib.sha256(np.asarray(value).tobytes()).hexdigest()}
    return {'kind': 'other', 'type': type(value).__name__, 'text': repr(value)}


def plain(value):
    """Whatever a metadata object says, without where it lies."""
    if isinstance(value, dict):
        return {'dict': [[str(key), plain(child)] for key, child in value.items()]}
    if isinstance(value, tuple) and hasattr(value, '_fields'):
        return {'named': type(value).__name__, 'fields': [[key, plain(child)] for key, child in zip(value._fields, value)]}
    if isinstance(value, (list, tuple)):
        return {'list' if isinstance(value, list) else 'tuple': [plain(child) for child in value]}
    if isinstance(value, sharding_metadata.ShardingMetadata):
        return {'type': type(value).__name__, 'text': repr(value)}
    if hasattr(value, '__dataclass_fields__'):
        return {'class': type(value).__name__, **{name: plain(getattr(value, name)) for name in value.__dataclass_fields__ if name not in ('directory',)}}
    return value if value is None or isinstance(value, (bool, int, str)) else f'{type(value).__name__} {value}'


def describe_metadata(metadata):
    """Metadata of an item; what the v1 API says of it has a `metadata` member."""
    if hasattr(metadata, 'item_metadata'):
        items = metadata.item_metadata
        described = {'handlers': plain(metadata.item_handlers), 'custom_of_step': plain(metadata.custom_metadata), 'metrics': plain(metadata.metrics)}
        if not isinstance(items, Mapping):
            return {**described, 'custom': plain(items.custom_metadata), 'tree': plain(items.tree), 'zarr3': items.use_zarr3}
        state = items['state']
        return {**described, 'items': sorted(items.keys()), 'custom': plain(state.custom_metadata), 'tree': plain(state.tree), 'zarr3': state.use_zarr3}
    return {'custom': plain(metadata.custom_metadata), 'tree': plain(metadata.metadata)}


@operation
def read_tree(path, options, target=None):
    """Restores a tree by the API that saved it, and tells what its metadata says.

    With a target, a tree whose arrays have other shardings is restored, as the target says."""
    api = options['api']
    if api == 'v1':
        return {'tree': describe(v1.load(path)), 'metadata': describe_metadata(v1.metadata(path))}
    if api == 'composite':
        registry = ocp.handlers.DefaultCheckpointHandlerRegistry()
        registry.add('state', ocp.args.PyTreeRestore, handler(options))
        with ocp.Checkpointer(ocp.CompositeCheckpointHandler(handler_registry=registry)) as checkpointer:
            restored = checkpointer.restore(path, args=ocp.args.Composite(state=ocp.args.PyTreeRestore(), extra=ocp.args.JsonRestore()))
            return {'tree': describe(restored['state']), 'extra': restored['extra'], 'metadata': describe_metadata(checkpointer.metadata(path))}
    handling = ocp.StandardCheckpointHandler() if api == 'standard' else handler(options)
    with ocp.Checkpointer(handling) as checkpointer:
        if api == 'standard':
            restored = checkpointer.restore(path, args=ocp.args.StandardRestore(None if target is None else abstract(target)))
        elif target is None:
            restored = checkpointer.restore(path)
        else:
            wanted = abstract(target)
            restored = checkpointer.restore(path, args=ocp.args.PyTreeRestore(item=wanted, restore_args=ocp.checkpoint_utils.construct_restore_args(wanted)))
        return {'tree': describe(restored), 'metadata': describe_metadata(checkpointer.metadata(path))}


def abstract(node):
    return jax.tree.map(ocp.utils.to_shape_dtype_struct, build(node))
