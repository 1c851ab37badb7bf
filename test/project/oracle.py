"""Runs settings modules for real: a line of JSON in, a line of JSON out.

In: {"files": {path: text}, "module": name, "name": variable, "environment": {..}, "conditions": [[source, ..], ..]}
Out: {"type": .., "value": [..], "holds": [..]}, or {"error": ..} where the module raises.
"""

import importlib.abc
import importlib.util
import json
import os
import sys

BEFORE = dict(os.environ)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, files):
        self.files = files

    def find_spec(self, name, path, target=None):
        base = name.replace(".", "/")
        for file, package in ((base + "/__init__.py", True), (base + ".py", False)):
            if file in self.files:
                spec = importlib.util.spec_from_loader(name, self, is_package=package)
                spec.loader_state = file
                return spec
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        file = module.__spec__.loader_state
        module.__file__ = file
        exec(compile(self.files[file], file, "exec"), module.__dict__)


def run(case):
    finder = Finder(case["files"])
    loaded = set(sys.modules)
    os.environ.clear()
    os.environ.update(BEFORE)
    os.environ.update(case.get("environment", {}))
    sys.meta_path.insert(0, finder)
    try:
        module = importlib.import_module(case["module"])
        value = getattr(module, case["name"], None)
        holds = [
            all(eval(source, dict(module.__dict__)) for source in sources)
            for sources in case.get("conditions", [])
        ]
        return {"type": type(value).__name__, "value": list(value), "holds": holds}
    except Exception as error:  # the case is not one that a project could have
        return {"error": repr(error)}
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - loaded:
            del sys.modules[name]


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
