"""TensorStore's OCDBT databases: stores that stay open, what is written to them, and what they hold at a version.

Keys and values travel in base64. A store is known by the folder of its database.
"""
import base64
import hashlib

import tensorstore as ts

from operations import operation

_stores = {}
_uncached = ts.Context({'cache_pool': {'total_bytes_limit': 0}, 'file_io_sync': False})


def _bytes(text):
    return base64.b64decode(text)


def _text(data):
    return base64.b64encode(data).decode()


def _file(folder):
    return {'driver': 'file', 'path': folder.rstrip('/') + '/'}


def _open(folder, options, cached=True):
    # What stays open caches in a context of its own. Flushing would only cost time.
    context = ts.Context({'cache_pool': {'total_bytes_limit': 1_000_000}, 'file_io_sync': False}) if cached else _uncached
    return ts.KvStore.open({'driver': 'ocdbt', 'base': _file(folder), **options}, context=context).result()


def _range(low, high):
    return ts.KvStore.KeyRange(_bytes(low), _bytes(high) if high is not None else b'')


def _write(store, key, value, condition):
    """Writes on a condition: none, that the key is missing, that it is as it was just read, or one that never holds. Says whether it was written."""
    if condition is None:
        return store.write(key, value).result().generation != b''
    if condition == 'current':
        generation = store.read(key).result().stamp.generation
    else:
        memory = ts.KvStore.open({'driver': 'memory'}).result()
        generation = memory.read('a').result().stamp.generation if condition == 'missing' else memory.write('a', 'b').result().generation
    return store.write(key, value, if_equal=generation).result().generation != b''


def _increment(store, key, times):
    """Adds one to a number as often as asked for, whoever else does so at the same time."""
    for _ in range(times):
        while True:
            found = store.read(key).result()
            number = int(found.value) if found.state == 'value' else 0
            if store.write(key, str(number + 1).encode(), if_equal=found.stamp.generation).result().generation != b'':
                break


def _transfer(store, source, target, times):
    """Moves one from a number to another in a transaction, as often as asked for, whoever else does so at the same time."""
    for _ in range(times):
        while True:
            transaction = ts.Transaction(atomic=True, repeatable_read=True)
            inside = store.with_transaction(transaction)
            numbers = [int(inside.read(key).result().value or b'0') for key in (source, target)]
            inside.write(source, str(numbers[0] - 1).encode()).result()
            inside.write(target, str(numbers[1] + 1).encode()).result()
            try:
                transaction.commit_async().result()
                break
            except ValueError as error:
                if 'ABORTED' not in str(error):
                    raise


def _do(store, action):
    kind, *arguments = action
    if kind == 'write':
        return _write(store, _bytes(arguments[0]), _bytes(arguments[1]), arguments[2])
    if kind == 'write_all':
        # Not waited for one by one, so that they share commits.
        for future in [store.write(_bytes(key), _bytes(value)) for key, value in arguments[0]]:
            future.result()
    elif kind == 'delete':
        store.write(_bytes(arguments[0]), None).result()
    elif kind == 'delete_range':
        store.delete_range(_range(*arguments)).result()
    elif kind == 'increment':
        _increment(store, _bytes(arguments[0]), arguments[1])
    elif kind == 'transfer':
        _transfer(store, _bytes(arguments[0]), _bytes(arguments[1]), arguments[2])
    elif kind == 'transaction':
        atomic, commit, actions = arguments
        transaction = ts.Transaction(atomic=atomic)
        inside = store.with_transaction(transaction)
        for step in actions:
            _do(inside, step)
        listed = sorted(inside.list().result())
        if commit:
            transaction.commit_async().result()
        else:
            transaction.abort()
        return [_text(key) for key in listed]
    else:
        raise ValueError(f'no such action: {kind}')
    return None


def _contents(store):
    keys = sorted(store.list().result())
    with ts.Batch() as batch:
        reads = [store.read(key, batch=batch) for key in keys]
    return [(key, read.result().value) for key, read in zip(keys, reads)]


def _digest(contents):
    whole = hashlib.sha256()
    for key, value in contents:
        whole.update(len(key).to_bytes(4, 'little') + key + len(value).to_bytes(4, 'little') + value)
    return whole.hexdigest()


def _versions(folder):
    base = ts.KvStore.open(_file(folder)).result()
    manifest = ts.ocdbt.dump(base).result()
    versions = list(manifest['versions'])
    pending = list(manifest['version_tree_nodes'])
    while pending:
        node = ts.ocdbt.dump(base, pending.pop()['location']).result()
        if node['height'] == 0:
            versions += node['entries']
        else:
            pending += node['entries']
    return sorted([[v['generation_number'], str(v['commit_time']), v['root']['statistics']['num_keys'], v['root_height']] for v in versions])


@operation
def database(folder, options=None, actions=(), see=(), versions=False, contents=False):
    """Opens a database again where options are given, acts on it, and tells what it holds at versions: a generation, a time, or null for now."""
    if options is not None:
        store = _open(folder, options)
        # Only now the configuration is compared.
        store.read('').result()
        _stores[folder] = store
    answer = {'results': [_do(_stores[folder], action) for action in actions], 'seen': []}
    for version in see:
        store = _stores[folder] if version is None else _open(folder, {'version': version}, cached=False)
        found = _contents(store)
        answer['seen'].append({
            'count': len(found),
            'digest': _digest(found),
            'contents': [[_text(key), _text(value)] for key, value in found] if contents else None,
        })
    if versions:
        answer['versions'] = _versions(folder)
    return answer


@operation
def database_copy(folder, source, prefix, target_prefix):
    """Puts the keys of a database below another into that one, by reference."""
    context = ts.Context({'file_io_sync': False})
    stores = [ts.KvStore.open({'driver': 'ocdbt', 'base': _file(place)}, context=context).result() for place in (source, folder)]
    (stores[0] + _bytes(prefix).decode()).experimental_copy_range_to(stores[1] + _bytes(target_prefix).decode()).result()


@operation
def database_forget(folders):
    """Closes databases."""
    for folder in folders:
        _stores.pop(folder, None)
