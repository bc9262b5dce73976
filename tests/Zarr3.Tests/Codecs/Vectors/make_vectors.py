"""Writes vectors.json: bytes encoded by numcodecs (0.11 of Debian 12: apt-get install python3-numcodecs), for each codec and type that it has."""
import json
import numcodecs
import numpy as np

rng = np.random.default_rng(7)
cases = []


def add(config, array):
    codec = numcodecs.get_codec(dict(config))
    array = np.ascontiguousarray(array)
    encoded = codec.encode(array)
    decoded = codec.decode(encoded)
    decoded = decoded if isinstance(decoded, bytes) else decoded.tobytes()
    cases.append({'config': config, 'plain': array.tobytes().hex(), 'encoded': (encoded if isinstance(encoded, bytes) else encoded.tobytes()).hex(),
                  **({} if decoded == array.tobytes() else {'decoded': decoded.hex()})})


def smooth(dtype, n):
    return (np.cumsum(rng.integers(-2, 3, n)) + 50).astype(dtype)


for codec in ('zlib', 'gzip', 'bz2', 'lz4', 'zstd'):
    config = {'id': codec, **({'acceleration': 1} if codec == 'lz4' else {'level': 5})}
    for array in (smooth('<i4', 1), smooth('<i2', 37), smooth('<i4', 300), rng.integers(0, 256, 200).astype('u1'), np.zeros(1000, 'u1')):
        add(config, array)

for cname in ('blosclz', 'lz4', 'lz4hc', 'zlib', 'zstd', 'snappy'):
    for shuffle in (-1, 0, 1, 2):
        try:
            add({'id': 'blosc', 'cname': cname, 'clevel': 5, 'shuffle': shuffle, 'blocksize': 0}, smooth('<i4', 250))
        except ValueError as missing:
            print(cname, missing)
add({'id': 'blosc', 'cname': 'lz4', 'clevel': 9, 'shuffle': 2, 'blocksize': 256}, smooth('u1', 801))

for size in (1, 2, 3, 4, 8, 16):
    add({'id': 'shuffle', 'elementsize': size}, rng.integers(0, 256, 5 * size).astype('u1'))

for dtype, astype in [('<i8', '<i8'), ('<i4', '<i4'), ('|u1', '|u1'), ('<u2', '<u2'), ('>i4', '>i4'), ('<i4', '|i1'), ('<u4', '<i2'), ('|i1', '<i4'),
                      ('|u1', '<i8'), ('>u2', '<i4'), ('<f4', '<f4'), ('<f8', '<f8'), ('<f8', '<f4'), ('<f4', '<i2'), ('>f4', '<i4'), ('<f2', '<f2')]:
    add({'id': 'delta', 'dtype': dtype, 'astype': astype}, smooth(dtype, 25))
add({'id': 'delta', 'dtype': '<i4', 'astype': '<i4'}, rng.integers(-2**31, 2**31, 25).astype('<i4'))     # differences that wrap round
add({'id': 'delta', 'dtype': '<f4', 'astype': '<f4'}, (rng.normal(0, 0.02, 25)).astype('<f4'))           # sums that round
add({'id': 'delta', 'dtype': '<f2', 'astype': '<f2'}, (rng.normal(0, 0.02, 25)).astype('<f2'))
add({'id': 'delta', 'dtype': '|u1', 'astype': '<i4'}, rng.integers(0, 256, 25).astype('u1'))
add({'id': 'delta', 'dtype': '<i4', 'astype': '<i4'}, smooth('<i4', 1300))                               # more than a block

for dtype, astype, offset, scale in [('<f8', '|u1', 1000, 10), ('<f8', '<u2', 1000, 1000), ('<f4', '|u1', 1000, 10), ('<f4', '<i4', 999.5, 0.25),
                                     ('<f2', '<i2', 1000, 3), ('<f8', '<f4', 1000.5, 7), ('>f8', '>u2', 1000, 100)]:
    add({'id': 'fixedscaleoffset', 'scale': scale, 'offset': offset, 'dtype': dtype, 'astype': astype}, np.linspace(1000, 1001, 27).astype(dtype))
for dtype, astype, offset, scale in [('<i4', '<i4', 10, 3), ('<i4', '|i1', 50, 1), ('<i2', '<f4', 3, 0.5), ('<u4', '<i4', 1.5, 2), ('<i8', '<i8', 0.5, 1),
                                     ('|u1', '|u1', 3, 2)]:
    add({'id': 'fixedscaleoffset', 'scale': scale, 'offset': offset, 'dtype': dtype, 'astype': astype}, smooth(dtype, 27))

for n in (1, 5, 8, 9, 16, 23, 64):
    add({'id': 'packbits'}, rng.integers(0, 2, n).astype(bool))

for codec in ('crc32', 'adler32'):
    for n in (1, 3, 100):
        add({'id': codec}, rng.integers(0, 256, n).astype('u1'))

with open('vectors.json', 'w') as file:
    file.write('[\n' + ',\n'.join(json.dumps(case) for case in cases) + '\n]\n')
print(len(cases), 'vectors')
