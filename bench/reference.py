#!/usr/bin/env python3
"""Times the workloads of bench/Workloads with the reference implementations and prints one JSON line for each, as that does.

Usage: reference.py BY WORKLOAD ARGUMENTS... [--runs N] [--warm-up N] [--cold PATH]; BY is tensorstore, orbax, zarr or safetensors.
"""

import argparse
import gc
import hashlib
import json
import os
import resource
import shutil
import sys
import time
import warnings

os.environ.setdefault("JAX_PLATFORMS", "cpu")
warnings.simplefilter("ignore")

import numpy as np

VALUE_BYTES = 100
SLICED_ROWS = 1000


def drop_from_page_cache(path):
    """Drops a file, or all files below a folder."""
    names = [path] if os.path.isfile(path) else [os.path.join(folder, name) for folder, _, files in os.walk(path) for name in files]
    for name in names:
        file = os.open(name, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def measure(name, action, prepare=lambda: None, size=None, **more):
    """Runs an action after each preparation: best time and best processor time of those that are not for warming up. What it returns is let go between runs."""
    seconds, processor, total = [], [], None
    for run in range(-options.warm_up, options.runs):
        prepare()
        if options.cold:
            drop_from_page_cache(options.cold)
        gc.collect()
        cpu, start = time.process_time(), time.perf_counter()
        result = action()
        elapsed, spent = time.perf_counter() - start, time.process_time() - cpu
        if run >= 0:
            seconds.append(elapsed)
            processor.append(spent)
        if total is None and size is not None:
            total = size(result)
        del result
    seconds.sort()
    line = {
        "name": name,
        "by": options.by,
        "bytes": total or 0,
        "min_s": round(seconds[0], 6),
        "median_s": round(seconds[len(seconds) // 2], 6),
        "min_cpu_s": round(min(processor), 6),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
    }
    print(json.dumps(line | more, separators=(",", ":")), flush=True)


def byte_count(arrays):
    return int(sum(array.nbytes for array in arrays))


# TensorStore


def tensorstore():
    import tensorstore

    return tensorstore


def database(path):
    return {"driver": "ocdbt", "base": "file://" + os.path.abspath(path) + "/"}


def is_zarr3(path):
    """Whether a checkpoint's arrays are of zarr v3."""
    with open(os.path.join(path, "_METADATA")) as file:
        return json.load(file)["use_zarr3"]


def open_arrays(path):
    """Opens all arrays of a checkpoint; nothing is cached from one call to the next."""
    ts = tensorstore()
    context = ts.Context()
    zarr3 = is_zarr3(path)
    ending = "/zarr.json" if zarr3 else "/.zarray"
    if os.path.exists(os.path.join(path, "manifest.ocdbt")):
        keys = ts.KvStore.open(database(path), context=context).result().list().result()
        names = [key.decode()[: -len(ending)] for key in keys if key.decode().endswith(ending)]
        stores = [database(path) | {"path": name + "/"} for name in names]
    else:
        names = [name for name in os.listdir(path) if os.path.exists(os.path.join(path, name + ending))]
        stores = ["file://" + os.path.join(os.path.abspath(path), name) + "/" for name in names]
    futures = [ts.open({"driver": "zarr3" if zarr3 else "zarr", "kvstore": store}, context=context, open=True) for store in stores]
    return names, [future.result() for future in futures]


def tensorstore_restore(path):
    _, arrays = open_arrays(path)
    futures = [array.read() for array in arrays]
    return [future.result() for future in futures]


def tensorstore_save(data, out, driver, compression):
    """A save of all arrays in one transaction; the metadata are those of the arrays, but for the codecs and the version."""
    ts = tensorstore()
    names, arrays = open_arrays(data)
    values = [array.read().result() for array in arrays]
    zstd = compression != "none"
    metadata = []
    for array, value in zip(arrays, values):
        chunks = list(array.chunk_layout.write_chunk.shape)
        if driver == "zarr3":
            codecs = [{"name": "zstd", "configuration": {"level": 1}}] if zstd else []
            codecs = [{"name": "bytes", "configuration": {"endian": "little"}}, *codecs]
            grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
            metadata.append({"shape": list(value.shape), "data_type": array.dtype.name, "chunk_grid": grid, "codecs": codecs})
        else:
            compressor = {"id": "zstd", "level": 1} if zstd else None
            metadata.append({"shape": list(value.shape), "chunks": chunks, "compressor": compressor})

    def save():
        context, transaction = ts.Context(), ts.Transaction(atomic=True)
        futures = [
            ts.open(
                {"driver": driver, "kvstore": database(out) | {"path": name + "/"}, "metadata": one},
                context=context,
                create=True,
                transaction=transaction,
                dtype=array.dtype,
            )
            for name, one, array in zip(names, metadata, arrays)
        ]
        writes = [future.result().write(value) for future, value in zip(futures, values)]
        for write in writes:
            write.result()
        transaction.commit_async().result()
        return values

    measure("save", save, lambda: remove(out), byte_count)


def tensorstore_slice(path):
    rows = np.random.default_rng(1)

    def read():
        array = tensorstore().open({"driver": "zarr3", "kvstore": "file://" + os.path.abspath(path) + "/"}, open=True).result()
        return array[rows.integers(array.shape[0], size=SLICED_ROWS)].read().result()

    measure("slice", read, size=lambda value: byte_count([value]))


def kv_put(out, count):
    ts = tensorstore()
    random = np.random.default_rng(1)
    values = [(f"key/{index:08d}", random.bytes(VALUE_BYTES)) for index in range(count)]

    def put():
        transaction = ts.Transaction(atomic=True)
        store = ts.KvStore.open(database(out), context=ts.Context()).result().with_transaction(transaction)
        for future in [store.write(key, value) for key, value in values]:
            future.result()
        transaction.commit_async().result()

    measure("kv-put", put, lambda: remove(out), lambda _: count * VALUE_BYTES, keys=count)


def open_database(path, cache_bytes=None):
    ts = tensorstore()
    context = ts.Context() if cache_bytes is None else ts.Context({"cache_pool": {"total_bytes_limit": cache_bytes}})
    return ts.KvStore.open(database(path), context=context).result()


def kv_list(path):
    keys = len(open_database(path).list().result())
    measure("kv-list", lambda: open_database(path).list().result(), keys=keys)


def kv_get(path, count, staleness):
    """Random keys one after the other; the manifest is looked at again where what is known of it is older than so many seconds."""
    store = open_database(path, 1 << 30)
    keys = store.list().result()
    chosen = [keys[index] for index in np.random.default_rng(1).integers(len(keys), size=count)]

    def get():
        for key in chosen:
            assert store.read(key, staleness_bound=time.time() - staleness if staleness else None).result().value

    measure("kv-get", get, size=lambda _: count * VALUE_BYTES, keys=count, max_staleness_s=staleness)


def kv_open_get(path, key):
    def get():
        assert open_database(path).read(key).result().value

    measure("kv-open-get", get)


def tensorstore_row(path, name, row):
    """One row of an array of a checkpoint."""
    names, arrays = open_arrays(path)
    return measure("row", lambda: arrays[names.index(name)][row].read().result())


# Orbax


def orbax():
    import orbax.checkpoint

    return orbax.checkpoint


def orbax_restore(path):
    """A tree of NumPy arrays: of the ways to restore, the one that takes Orbax least."""
    import jax

    ocp = orbax()
    reader = ocp.PyTreeCheckpointer()
    tree = reader.metadata(os.path.abspath(path)).item_metadata.tree
    return reader.restore(os.path.abspath(path), restore_args=jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), tree))


def orbax_state(path):
    """The same as arrays of JAX, as a program that trains saves them."""
    import jax

    return jax.block_until_ready(jax.tree.map(jax.numpy.asarray, orbax_restore(path)))


def leaves(tree):
    import jax

    return jax.tree.leaves(tree)


def orbax_writer(zarr3=False, compression=True):
    ocp = orbax()
    return ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_zarr3=zarr3, use_compression=compression))


def save_arguments(tree, chunk_bytes):
    import jax

    return jax.tree.map(lambda _: orbax().SaveArgs(chunk_byte_size=chunk_bytes), tree)


def orbax_save(data, out, driver, compression):
    tree = orbax_state(data)
    writer = orbax_writer(driver == "zarr3", compression != "none")
    measure("save", lambda: (writer.save(os.path.abspath(out), tree), leaves(tree))[1], lambda: remove(out), byte_count)


def orbax_tree(path):
    handler = orbax().PyTreeCheckpointHandler()
    from etils import epath

    measure("tree", lambda: str(handler.metadata(epath.Path(os.path.abspath(path))).tree))


def orbax_export(path, out):
    from safetensors.numpy import save_file

    def export():
        import jax

        named = jax.tree_util.tree_flatten_with_path(orbax_restore(path))[0]
        save_file({".".join(str(key.key) for key in keys): np.asarray(value) for keys, value in named}, out)
        return [value for _, value in named]

    measure("export", export, lambda: remove(out), byte_count)


def orbax_import(path, out):
    from safetensors.numpy import load_file

    writer = orbax_writer()

    def load():
        values = load_file(path)
        writer.save(os.path.abspath(out), values)

    measure("import", load, lambda: remove(out), lambda _: os.path.getsize(path))


def orbax_convert(path, out, zarr3, chunk_bytes):
    """Restores a checkpoint and saves it with other chunks."""

    def convert():
        tree = orbax_restore(path)
        orbax_writer(zarr3).save(os.path.abspath(out), tree, save_args=save_arguments(tree, chunk_bytes or None))
        return leaves(tree)

    measure("convert", convert, lambda: remove(out), byte_count)


def orbax_diff(left, right):
    def compare():
        one, two = leaves(orbax_restore(left)), leaves(orbax_restore(right))
        assert all(np.array_equal(np.asarray(a).view(np.uint8), np.asarray(b).view(np.uint8)) for a, b in zip(one, two))
        return one + two

    measure("diff", compare, size=byte_count)


def orbax_steps(root):
    """The steps of a manager with their metrics and items."""

    def steps():
        with orbax().CheckpointManager(os.path.abspath(root)) as manager:
            return [(step, manager.metrics(step), manager.metadata(step)) for step in manager.all_steps()]

    measure("steps", steps)


def tensorstore_digest(path, name):
    names, arrays = open_arrays(path)
    measure("digest", lambda: hashlib.sha256(memoryview(arrays[names.index(name)].read().result().view(np.uint8)).cast("B")).hexdigest())


# zarr-python, for what lies in folders


def zarr_restore(path):
    import zarr

    group = zarr.open_group(path, mode="r") if os.path.exists(os.path.join(path, "zarr.json")) else None
    names = [name for name in os.listdir(path) if os.path.exists(os.path.join(path, name, "zarr.json"))]
    arrays = [group[name] if group is not None else zarr.open_array(os.path.join(path, name), mode="r") for name in names]
    return [array[...] for array in arrays]


def zarr_slice(path):
    import zarr

    rows = np.random.default_rng(1)

    def read():
        array = zarr.open_array(path, mode="r")
        return array.oindex[rows.integers(array.shape[0], size=SLICED_ROWS)]

    measure("slice", read, size=lambda value: byte_count([value]))


WORKLOADS = {
    ("tensorstore", "restore"): lambda path: measure("restore", lambda: tensorstore_restore(path), size=byte_count),
    ("tensorstore", "save"): lambda data, out: tensorstore_save(data, out, options.driver, options.compression),
    ("tensorstore", "slice"): tensorstore_slice,
    ("tensorstore", "kv-put"): lambda out, count: kv_put(out, int(count)),
    ("tensorstore", "kv-list"): kv_list,
    ("tensorstore", "kv-get"): lambda path, count: kv_get(path, int(count), options.staleness),
    ("tensorstore", "kv-open-get"): kv_open_get,
    ("tensorstore", "row"): lambda path, name, row: tensorstore_row(path, name, int(row)),
    ("tensorstore", "digest"): tensorstore_digest,
    ("orbax", "restore"): lambda path: measure("restore", lambda: leaves(orbax_restore(path)), size=byte_count),
    ("orbax", "save"): lambda data, out: orbax_save(data, out, options.driver, options.compression),
    ("orbax", "tree"): orbax_tree,
    ("orbax", "convert"): lambda path, out: orbax_convert(path, out, options.driver == "zarr3", options.chunk_bytes),
    ("orbax", "diff"): orbax_diff,
    ("orbax", "steps"): orbax_steps,
    ("safetensors", "export"): orbax_export,
    ("safetensors", "import"): orbax_import,
    ("zarr", "restore"): lambda path: measure("restore", lambda: zarr_restore(path), size=byte_count),
    ("zarr", "slice"): zarr_slice,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("by")
    parser.add_argument("workload")
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=0)
    parser.add_argument("--cold")
    parser.add_argument("--driver", choices=["zarr", "zarr3"], default="zarr")
    parser.add_argument("--compression", choices=["none", "zstd"], default="zstd")
    parser.add_argument("--chunk-bytes", type=int, default=0)
    parser.add_argument("--staleness", type=float, default=0, help="seconds that a database may be behind (kv-get)")
    options = parser.parse_args()
    workload = WORKLOADS.get((options.by, options.workload))
    if workload is None:
        parser.error(f"{options.by} does not do {options.workload}")
    workload(*options.arguments)
    sys.stdout.flush()
    os._exit(0)
