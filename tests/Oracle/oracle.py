"""Answers questions about checkpoints with the reference implementations: JSON lines on standard input and output.

A request is {"id": N, "op": NAME, ...}, its answer {"id": N, "ok": ...} or {"id": N, "error": {"type": ..., "message": ..., "trace": ...}}.
The operations are the functions of the modules in operations/ that `operation` marks. An array travels as {"dtype", "shape", "sha256"} of its
little-endian bytes in C order, or as a file of these bytes.
"""
import json
import os
import pathlib
import sys
import traceback

os.environ.setdefault('JAX_PLATFORMS', 'cpu')
if '--xla_force_host_platform_device_count' not in os.environ.get('XLA_FLAGS', ''):
    os.environ['XLA_FLAGS'] = os.environ.get('XLA_FLAGS', '') + ' --xla_force_host_platform_device_count=8'

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True


def answer(operations, request):
    try:
        arguments = {key: value for key, value in request.items() if key not in ('id', 'op')}
        return {'id': request['id'], 'ok': operations[request['op']](**arguments)}
    except BaseException as error:  # What the libraries raise is the answer, whatever it is.
        if isinstance(error, KeyboardInterrupt):
            raise
        text = str(error)
        return {'id': request['id'], 'error': {'type': type(error).__name__, 'message': text[:4000], 'trace': traceback.format_exc()[-4000:]}}


def main():
    # Libraries print where they like; answers go to a descriptor of their own.
    answers = os.fdopen(os.dup(1), 'w', buffering=1, encoding='utf-8')
    os.dup2(2, 1)
    if 'ORACLE_PROCESS' in os.environ:
        # One of several processes of JAX: PORT COUNT INDEX.
        import jax
        port, count, index = os.environ['ORACLE_PROCESS'].split()
        jax.distributed.initialize(f'localhost:{port}', int(count), int(index))
    import operations
    table = operations.load()
    answers.write(json.dumps({'ready': sorted(table)}) + '\n')
    for line in sys.stdin:
        answers.write(json.dumps(answer(table, json.loads(line))) + '\n')
        answers.flush()


if __name__ == '__main__':
    main()
