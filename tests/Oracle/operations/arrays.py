"""zarr arrays of both versions, by TensorStore and by zarr-python. A request names many steps, so that a whole history takes few questions."""
import base64
import json
import pathlib
import warnings

import numpy as np
import tensorstore as ts
import zarr
from zarr.core.array import AsyncArray
from zarr.core.buffer import default_buffer_prototype
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

from operations import operation

warnings.filterwarnings('ignore', module='zarr')
_FILES = {2: '.zarray', 3: 'zarr.json'}


@operation
def arrays(steps):
    """Does the steps one after the other; each is answered with {"ok"} or {"error"}.

    A step has "by" (tensorstore or zarr), "do" (create, write, read, resize), "path", "version" and what the function below takes. Elements
    travel in base64, little-endian, in C order.
    """
    return [_answer(**step) for step in steps]


def _answer(by, do, **arguments):
    try:
        return {'ok': globals()[f'_{by}_{do}'](**arguments)}
    except Exception as error:  # What the libraries raise is the answer.
        return {'error': f'{type(error).__name__}: {error}'[:1000]}


def _little(dtype):
    """The same type with little-endian elements; those of ml_dtypes have no byte order that could be asked."""
    return dtype.newbyteorder('<') if dtype.names or dtype.kind in 'iufcMmU' else dtype


def _encode(array):
    return base64.b64encode(np.ascontiguousarray(array).astype(_little(array.dtype), copy=False).tobytes()).decode()


def _decode(data, dtype, shape):
    return np.frombuffer(base64.b64decode(data), _little(dtype)).reshape(shape)


def _region(origin, shape):
    return tuple(slice(first, first + extent) for first, extent in zip(origin, shape))


# TensorStore

_CONTEXT = ts.Context({'data_copy_concurrency': {'limit': 1}, 'file_io_concurrency': {'limit': 1}})


def _tensorstore_open(path, version, field=None, metadata=None):
    spec = {'driver': 'zarr' if version == 2 else 'zarr3', 'kvstore': {'driver': 'file', 'path': path + '/'}}
    if field is not None:
        spec['field'] = field
    if metadata is not None:
        return ts.open({**spec, 'metadata': metadata}, create=True, context=_CONTEXT).result()
    return ts.open(spec, context=_CONTEXT).result()


def _metadata(path, version):
    return json.loads((pathlib.Path(path) / _FILES[version]).read_text())


def _record(path, version):
    """numpy's type of a structure, which TensorStore opens field by field; None for other arrays."""
    dtype = _metadata(path, version).get('dtype')
    return np.dtype([(field[0], field[1], *map(tuple, field[2:])) for field in dtype]) if isinstance(dtype, list) else None


def _tensorstore_create(path, version, metadata):
    dtype = metadata.get('dtype')
    _tensorstore_open(path, version, dtype[0][0] if isinstance(dtype, list) else None, metadata)


def _tensorstore_write(path, version, origin, shape, data):
    record = _record(path, version)
    if record is not None:
        elements = _decode(data, record, shape)
        for field in record.names:
            _tensorstore_put(_tensorstore_open(path, version, field), _region(origin, shape), elements[field])
        return
    array = _tensorstore_open(path, version)
    if array.dtype.name in ('byte', 'char'):
        _tensorstore_put(array, _region(origin, shape), _decode(data, np.dtype(f'V{array.shape[-1]}'), shape))
    else:
        _tensorstore_put(array, _region(origin, shape), _decode(data, array.dtype.numpy_dtype, shape))


def _tensorstore_put(array, region, elements):
    if array.dtype.name in ('byte', 'char'):  # They have an axis of their own for the bytes of an element.
        size = elements.dtype.itemsize
        elements = np.frombuffer(elements.tobytes(), 'V1' if array.dtype.name == 'byte' else 'S1').reshape(elements.shape + (size,))
    array[region].write(elements).result()


def _tensorstore_read(path, version, origin, shape):
    record = _record(path, version)
    if record is None:
        array = _tensorstore_open(path, version)
        if array.dtype.name in ('byte', 'char'):
            raise NotImplementedError('the Python binding gives elements of no bytes')
        return _two(array.read().result(), array[_region(origin, shape)].read().result())
    if any(record[i].base.kind in 'VS' for i in range(len(record))):
        raise NotImplementedError('the Python binding gives elements of no bytes')
    elements = np.zeros(_metadata(path, version)['shape'], record)
    for field in record.names:
        elements[field] = _tensorstore_open(path, version, field).read().result()
    return _two(elements, elements[_region(origin, shape)])


def _two(whole, part):
    return {'shape': list(whole.shape), 'data': _encode(whole), 'part': _encode(part)}


def _tensorstore_resize(path, version, shape):
    record = _record(path, version)
    array = _tensorstore_open(path, version, record.names[0] if record is not None else None)
    array.resize(exclusive_max=list(shape) + [None] * (array.rank - len(shape)), resize_metadata_only=False, resize_tied_bounds=record is not None).result()


# zarr-python

def _zarr_create(path, version, metadata):
    kind = ArrayV2Metadata if version == 2 else ArrayV3Metadata
    folder = pathlib.Path(path)
    parsed = kind.from_dict(json.loads(json.dumps(metadata)))
    AsyncArray(parsed, zarr.storage.StorePath(zarr.storage.LocalStore(folder)))  # Builds the codec pipeline, which may refuse.
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in parsed.to_buffer_dict(default_buffer_prototype()).items():
        (folder / name).write_bytes(value.to_bytes())


def _zarr_write(path, version, origin, shape, data):
    array = zarr.open_array(path, mode='r+', zarr_format=version)
    array[_region(origin, shape) or ...] = _decode(data, array.dtype, shape)


def _zarr_read(path, version, origin, shape):
    array = zarr.open_array(path, mode='r', zarr_format=version)
    return _two(np.asarray(array[...], array.dtype), np.asarray(array[_region(origin, shape) or ...], array.dtype))


def _zarr_resize(path, version, shape):
    zarr.open_array(path, mode='r+', zarr_format=version).resize(tuple(shape))
