"""Restores items of checkpoints that may be damaged, as Orbax does without being told what to expect."""
import hashlib
import json
import pathlib
import struct

import flax.serialization
import jax
import numpy as np
import orbax.checkpoint as ocp
from orbax.checkpoint import metadata as ocp_metadata

from operations import operation


def _restore_args(value):
    """NumPy arrays, so that nothing depends on devices; everything else as it was saved."""
    if isinstance(value, ocp_metadata.StringMetadata):
        return ocp.RestoreArgs(restore_type=str)
    if isinstance(value, ocp_metadata.ArrayMetadata) and not isinstance(value, ocp_metadata.ScalarMetadata):
        return ocp.ArrayRestoreArgs(restore_type=np.ndarray)
    return ocp.RestoreArgs()


def _tree(path):
    handler = ocp.PyTreeCheckpointHandler()
    try:
        described = handler.metadata(path).tree
        args = jax.tree.map(_restore_args, described)
        return handler.restore(path, args=ocp.args.PyTreeRestore(restore_args=args))
    finally:
        handler.close()


def _legacy(path):
    """What describes itself no further."""
    return _with(ocp.PyTreeCheckpointHandler(), ocp.args.PyTreeRestore(), path)


def _with(handler, args, path):
    try:
        return handler.restore(path, args=args)
    finally:
        handler.close()


_kinds = {
    'PyTree': _tree,
    'Legacy': _legacy,
    'Json': lambda path: _with(ocp.JsonCheckpointHandler(), ocp.args.JsonRestore(), path),
    'Metrics': lambda path: _with(ocp.JsonCheckpointHandler(filename='metrics'), ocp.args.JsonRestore(), path),
    'Array': lambda path: _with(ocp.ArrayCheckpointHandler(), ocp.args.ArrayRestore(restore_args=ocp.ArrayRestoreArgs(restore_type=np.ndarray)), path),
    'ArrayAsSaved': lambda path: _with(ocp.ArrayCheckpointHandler(), ocp.args.ArrayRestore(), path),
    'JaxRandomKey': lambda path: _with(ocp.JaxRandomKeyCheckpointHandler(), ocp.args.JaxRandomKeyRestore(), path),
    'NumpyRandomKey': lambda path: _with(ocp.NumpyRandomKeyCheckpointHandler(), ocp.args.NumpyRandomKeyRestore(), path),
    'Msgpack': lambda path: flax.serialization.msgpack_restore(path.read_bytes()),
}


def _name(key):
    for attribute in ('key', 'idx', 'name'):
        if hasattr(key, attribute):
            return str(getattr(key, attribute))
    return str(key)


def _is_leaf(node):
    return node is None or (isinstance(node, (dict, list, tuple)) and not node)


def _leaf(value):
    if value is None or _is_leaf(value):
        return {'nothing': True}
    if isinstance(value, (str, bytes)):
        return {'text': value if isinstance(value, str) else value.hex()}
    if isinstance(value, (np.generic, np.ndarray)) and not value.shape and value.dtype.isbuiltin == 1:
        value = value.item()
    if isinstance(value, (int, float, complex)):
        parts = [value.real, value.imag] if isinstance(value, complex) else [value]
        return {'number': ' '.join(str(part) if isinstance(part, int) else struct.pack('>d', part).hex() for part in parts)}
    if isinstance(value, jax.Array) and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        value = jax.random.key_data(value)
    array = np.asarray(value)
    data = array.astype(array.dtype.newbyteorder('<')).tobytes() if array.dtype.kind in 'iufc' else array.tobytes()
    return {'dtype': array.dtype.name, 'shape': list(array.shape), 'sha256': hashlib.sha256(data).hexdigest()}


@operation
def restore_item(path, kind):
    """The leaves of an item by the names on their paths, or its JSON."""
    restored = _kinds[kind](pathlib.Path(path))
    if kind in ('Json', 'Metrics'):
        return {'json': json.dumps(restored, sort_keys=True)}
    leaves, _ = jax.tree_util.tree_flatten_with_path(restored, is_leaf=_is_leaf)
    return {'leaves': [{'path': [_name(key) for key in path], **_leaf(value)} for path, value in leaves]}
