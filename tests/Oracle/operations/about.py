"""What answers: the versions of the packages."""
import importlib.metadata
import os
import pathlib

from operations import operation


@operation
def versions():
    lines = (pathlib.Path(__file__).resolve().parent.parent / 'requirements.txt').read_text().split()
    names = [line.split('==')[0] for line in lines]
    return {name: importlib.metadata.version(name) for name in names}


@operation
def die():
    os._exit(3)
