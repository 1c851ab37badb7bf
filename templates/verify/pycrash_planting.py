"""
Planted by `pycrash verify` in a throw-away place. Nothing of the project is changed:

* the application gets a few more routes in front of its own (pycrash_plant_*.py, one for each framework);
* what a client has to know of it (ALLOWED_HOSTS ...) is written down when it is built;
* the wait status of every child that this process reaps is written down.
"""

import importlib
import json
import os
import signal
import sys
from importlib.machinery import PathFinder

HERE = os.path.dirname(os.path.abspath(__file__))

# A start script or a supervisor may set or clear what this process inherits: what was asked for wins.
try:
    with open(os.path.join(os.path.dirname(HERE), "environment.json"), encoding="utf-8") as file:
        os.environ.update(json.load(file))
except FileNotFoundError:
    pass

REPORTS = os.environ["PYCRASH_VERIFY_REPORTS"]


def write_down(name, fact):
    with open(os.path.join(REPORTS, name), "a", encoding="utf-8") as file:
        file.write(json.dumps(fact) + "\n")


def user_name():
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def write_down_application(framework, version, **facts):
    """Called where an application is built: in a worker, or in the process that workers are forked from."""
    fact = {
        "pid": os.getpid(),
        "user": user_name(),
        "python": sys.version.split()[0],
        "executable": os.path.realpath("/proc/self/exe"),
        "framework": framework,
        "version": version,
        "settings": None,
        "debug": False,
        "answersFirst": False,
        "allowedHosts": ["*"],
        "sslRedirect": True,
        "proxySslHeader": None,
    }
    write_down("applications.jsonl", {**fact, **facts})


# The modules of frameworks that something is planted in, and the module that does it.
with open(os.path.join(HERE, "plants.json"), encoding="utf-8") as file:
    PLANTED_IN = json.load(file)


class PlantFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        plant = PLANTED_IN.get(name)
        if plant is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            importlib.import_module(plant).PLANTS[name](module)

        spec.loader.exec_module = exec_module
        return spec


def write_down_waits():
    def written_down(original):
        def wait(*args):
            child, status = original(*args)
            if child:
                write_down("waits.jsonl", {"parent": os.getpid(), "pid": child, "status": status})
            return child, status

        return wait

    # what forks by itself calls wait (tornado.process)
    os.wait, os.waitpid = written_down(os.wait), written_down(os.waitpid)


def let_the_first_process_be_aborted():
    """The kernel keeps signals from a container's first process that has no handler for them (pid_namespaces(7))."""
    if os.getpid() == 1:
        signal.signal(signal.SIGABRT, lambda *_: os.abort())


sys.meta_path.insert(0, PlantFinder)
let_the_first_process_be_aborted()
write_down_waits()
if HERE not in sys.path:
    sys.path.append(HERE)
