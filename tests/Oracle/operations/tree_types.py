"""Classes whose instances are nodes of trees, one for each list of fields."""
import collections
import dataclasses
import functools

import jax


def named_tuple(fields):
    return _named_tuple(tuple(fields))


def data_class(fields):
    """A class of one's own, registered with JAX: saved as a dictionary in the order of its fields."""
    return _data_class(tuple(fields))


@functools.lru_cache(maxsize=None)
def _named_tuple(fields):
    return collections.namedtuple('Point', fields, module='operations.tree_types')


@functools.lru_cache(maxsize=None)
def _data_class(fields):
    made = dataclasses.make_dataclass('State', fields, namespace={'__module__': 'operations.tree_types'})
    return jax.tree_util.register_dataclass(made, data_fields=list(fields), meta_fields=[])
