"""Files of other formats: safetensors by its own package, .npz and .npy by NumPy; and Orbax at the other end of a conversion.

An array is {"name", "dtype", "shape", "data"}: its elements in base64, little-endian, in C order. To a .npy file belongs one array.
"""
import base64
import os
import pathlib

import ml_dtypes
import numpy as np
import orbax.checkpoint as ocp
import safetensors
import safetensors.numpy

from operations import operation

_SAFETENSORS = {
    'BOOL': 'bool', 'U8': 'uint8', 'I8': 'int8', 'U16': 'uint16', 'I16': 'int16', 'U32': 'uint32', 'I32': 'int32', 'U64': 'uint64',
    'I64': 'int64', 'F16': 'float16', 'BF16': 'bfloat16', 'F32': 'float32', 'F64': 'float64', 'C64': 'complex64', 'F8_E4M3': 'float8_e4m3fn',
    'F8_E5M2': 'float8_e5m2', 'F8_E4M3FNUZ': 'float8_e4m3fnuz', 'F8_E5M2FNUZ': 'float8_e5m2fnuz', 'F8_E8M0': 'float8_e8m0fnu',
}


def _dtype(name):
    return np.dtype(getattr(ml_dtypes, name, name))


def _array(array):
    return np.frombuffer(base64.b64decode(array['data']), _dtype(array['dtype'])).reshape(array['shape'])


@operation
def files_write(path, arrays, metadata=None, compressed=False, fortran=False, big=False):
    """Writes a file, by the ending of its name."""
    values = {array['name']: _array(array) for array in arrays}
    if path.endswith('.safetensors'):
        safetensors.numpy.save_file(values, path, metadata=metadata)
        return
    if big:
        values = {name: value.astype(value.dtype.newbyteorder('>')) for name, value in values.items()}
    if fortran:
        values = {name: np.array(value, order='F') for name, value in values.items()}
    if path.endswith('.npz'):
        (np.savez_compressed if compressed else np.savez)(path, **values)
    else:
        np.save(path, *values.values())


@operation
def files_odd(folder):
    """Writes .npy files of what has no place in a checkpoint."""
    odd = {
        'structure': np.zeros(2, [('a', 'i4'), ('b', 'f2')]), 'void': np.zeros(2, 'V3'), 'bytes': np.zeros(2, 'S3'), 'text': np.zeros(2, 'U3'),
        'object': np.array([None, 1], object), 'datetime64': np.zeros(2, 'M8[s]'), 'timedelta64': np.zeros(2, 'm8[s]'), 'longdouble': np.zeros(2, np.longdouble),
        'bfloat16': np.zeros(2, ml_dtypes.bfloat16), 'int4': np.zeros(2, ml_dtypes.int4),
    }
    for name, value in odd.items():
        np.save(os.path.join(folder, f'{name}.npy'), value, allow_pickle=True)


def _read(path):
    if path.endswith('.safetensors'):
        data = pathlib.Path(path).read_bytes()
        with safetensors.safe_open(path, 'np') as file:
            metadata = file.metadata() or {}
        tensors = {name: np.frombuffer(tensor['data'], _dtype(_SAFETENSORS[tensor['dtype']])).reshape(tensor['shape'])
                   for name, tensor in safetensors.deserialize(data)}
        return tensors, metadata
    if path.endswith('.npz'):
        with np.load(path) as file:
            return {name: file[name] for name in file.files}, {}
    return {pathlib.Path(file).name[:-4]: np.load(os.path.join(path, file)) for file in os.listdir(path)}, {}


@operation
def files_compare(path, arrays, metadata=None, converted=False):
    """Reads a file, or a folder of .npy files, and says in what it differs from these arrays; nothing where it does not."""
    found, texts = _read(path)
    return _differences(found, arrays, converted) + ([f'metadata: {texts} instead of {metadata}'] if metadata is not None and texts != metadata else [])


def _differences(found, arrays, converted=False):
    differences = []
    if sorted(found) != sorted(array['name'] for array in arrays):
        return [f'names: {sorted(found)} instead of {sorted(array["name"] for array in arrays)}']
    for array in arrays:
        wanted = _array(array)
        got = np.asarray(found[array['name']])
        if got.dtype != wanted.dtype and not converted:
            differences.append(f'{array["name"]!r}: type {got.dtype} instead of {wanted.dtype}')
        elif got.shape != wanted.shape:
            differences.append(f'{array["name"]!r}: shape {got.shape} instead of {wanted.shape}')
        else:
            values = wanted.astype(got.dtype) if got.dtype != wanted.dtype else wanted
            nans = np.isnan(values) if converted and got.dtype.kind in 'fc' else np.zeros(values.shape, bool)
            same = np.isnan(got[nans]).all() and np.ascontiguousarray(got)[~nans].tobytes() == values[~nans].tobytes()
            if not same:
                differences.append(f'{array["name"]!r}: other values of {got.dtype}')
    return differences


@operation
def files_restore(path, arrays):
    """Restores a checkpoint with Orbax, and says in what its leaves, named with dots, differ from these arrays."""
    found = {}

    def walk(tree, names):
        for name, value in tree.items():
            if isinstance(value, dict):
                walk(value, [*names, name])
            else:
                found['.'.join([*names, name])] = value

    tree = ocp.PyTreeCheckpointer().restore(path)
    walk(tree if isinstance(tree, dict) else {'': tree}, [])
    return _differences(found, arrays)


@operation
def files_save(path, arrays, values):
    """Saves a checkpoint with Orbax: arrays with a "path" of keys, and other values with one."""
    tree = {}
    for entry in [*arrays, *values]:
        *parents, last = entry['path']
        node = tree
        for key in parents:
            node = node.setdefault(key, {})
        node[last] = entry['value'] if 'value' in entry else _array(entry)
    ocp.PyTreeCheckpointer().save(path, tree)
