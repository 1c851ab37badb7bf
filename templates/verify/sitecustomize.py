"""On PYTHONPATH: `pycrash verify` plants its code in every interpreter that the service starts."""

import importlib.util
import os
import sys
from importlib.machinery import PathFinder

import pycrash_planting

HERE = os.path.dirname(os.path.abspath(__file__))


def run_the_next_sitecustomize():
    elsewhere = [entry for entry in sys.path if os.path.abspath(entry) != HERE]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


run_the_next_sitecustomize()
