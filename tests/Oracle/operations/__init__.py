"""What oracle.py can be asked. Each module holds the operations of one kind."""
import importlib
import pkgutil

_table = {}


def operation(function):
    """Marks a function that can be asked for, by its name; arguments and result are JSON."""
    if function.__name__ in _table:
        raise ValueError(f'two operations are named {function.__name__}')
    _table[function.__name__] = function
    return function


def load():
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f'{__name__}.{module.name}')
    return _table
