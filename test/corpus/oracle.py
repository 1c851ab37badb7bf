"""
The independent oracle: what MIDDLEWARE is once CPython itself has run a settings module.

    oracle.py ROOT IMPORT_ROOT MODULE                  prints one JSON document
    oracle.py ROOT IMPORT_ROOT MODULE OBJECT HOOKS     the same of an application that a server loads

The second form loads OBJECT of the module as a server does, a factory's call included, and says whether it was given to
a watch_…() or wrap_…() of HOOKS, the generated module, which is replaced by one that only takes down what it gets.

Nothing outside of the repository is imported, except for what this interpreter has installed (readers of environment
variables): every other module is a stub that answers anything. Processes, sockets and writing outside of ROOT are
refused by an audit hook (PEP 578): run it on a scratch copy, and with a time-out.

Where the module ends its run here (a variable that is not set, a service that is not there), it is run once more with
statements that fail passed over, unless they have to do with MIDDLEWARE: their names become stubs. "passed" has their
lines.
"""

import abc
import ast
import builtins
import glob
import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import io
import json
import os
import re
import runpy
import sys
import types

ROOT, IMPORT_ROOT, MODULE = sys.argv[1:4]
OBJECT, HOOKS = sys.argv[4:6] if len(sys.argv) > 4 else (None, None)
UNKNOWN = "<unknown>"
# where the files of stubbed packages would be; on a scratch copy
OUTSIDE = os.path.join(ROOT, ".oracle")
REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "os.kill",
           "urllib.", "ctypes.dlopen")
WRITING = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink", "os.link", "os.chmod")


class Refused(OSError):
    """What code that can do without a process or a socket expects where there is none."""


def outside(path):
    if isinstance(path, int):
        return False
    return not os.path.abspath(os.fsdecode(path)).startswith(ROOT + os.sep)


def audit(event, arguments):
    if event.startswith(REFUSED) and event != "socket.gethostname":
        raise Refused(event)
    if event in WRITING and outside(arguments[0]):
        raise Refused(f"{event} {arguments[0]!r}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+") and outside(arguments[0]):
        raise Refused(f"open({arguments[0]!r}, {arguments[1]!r})")


STUB_FILE = {"__file__": os.path.join(OUTSIDE, "stub.py"), "__path__": [OUTSIDE], "__version__": "99.0"}


class Stub:
    """Answers anything; false, empty, and newer than every version."""

    def __init__(self, one=False, scheme=None, made_of=()):
        self.__dict__["_one"] = one
        self.__dict__["_made_of"] = made_of
        self.__dict__["_scheme"] = scheme or {}

    def __getattr__(self, name):
        # a module of a stubbed package
        if name in STUB_FILE:
            return STUB_FILE[name]
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(scheme=self._scheme, made_of=(self,))

    def __setattr__(self, name, value):
        self.__dict__[name] = value

    def __call__(self, *arguments, **keywords):
        # env("NAME", default=…), config("NAME", cast=…), environ.Env(NAME=(bool, False))
        if "default" in keywords:
            return keywords["default"]
        if arguments and isinstance(arguments[0], str):
            if len(arguments) == 2 and isinstance(arguments[1], (str, bool, int, list, tuple, type(None))):
                return arguments[1]
            if arguments[0] in self._scheme:
                return self._scheme[arguments[0]]
        # a decorator
        if len(arguments) == 1 and not keywords and isinstance(arguments[0], (type, types.FunctionType)):
            return arguments[0]
        scheme = {key: value[1] for key, value in keywords.items() if isinstance(value, tuple) and len(value) == 2}
        return Stub(scheme=scheme, made_of=(self, *arguments, *keywords.values()))

    def __mro_entries__(self, bases):
        return (StubBase,)

    def __iter__(self):
        return iter([Stub()] if self._one else [])

    def __getitem__(self, key):
        return Stub()

    def __setitem__(self, key, value):
        pass

    def __contains__(self, key):
        return False

    def __bool__(self):
        return False

    def __len__(self):
        return 0

    def __add__(self, other):
        return type(other)([Stub()]) + other if isinstance(other, (list, tuple)) else Stub()

    def __radd__(self, other):
        return other + type(other)([Stub()]) if isinstance(other, (list, tuple)) else Stub()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __fspath__(self):
        return "/nonexistent"

    def __str__(self):
        return "stub"

    def __int__(self):
        return 0

    def __float__(self):
        return 0.0

    __index__ = __int__
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other

    def __ge__(self, other):
        return True

    __gt__ = __ge__

    def __lt__(self, other):
        return False

    __le__ = __lt__

    def __or__(self, other):
        return Stub()

    __ror__ = __and__ = __rand__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = __or__
    __truediv__ = __rtruediv__ = __or__


class StubClass(abc.ABCMeta):
    def __getattr__(cls, name):
        if name == "MIDDLEWARE" or name.startswith("__"):
            raise AttributeError(name)
        return Stub()


class StubBase(metaclass=StubClass):
    """In the place of a base class that is a stub."""

    def __init__(self, *arguments, **keywords):
        self._made_of = (*arguments, *keywords.values())

    def __init_subclass__(cls, **keywords):
        # super() asks the classes themselves, not __getattr__: what a method overrides has to be there
        for name, method in list(vars(cls).items()):
            code = getattr(method, "__code__", None)
            overrides = code is not None and "__class__" in code.co_freevars and name in code.co_names
            if overrides and not name.startswith("__") and name not in vars(StubBase):
                setattr(StubBase, name, inherited)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stub(made_of=(self,))


def inherited(self, *arguments, **keywords):
    return Stub(made_of=(self, *arguments, *keywords.values()))


def lazy_text(text="", *_, **__):
    return text


class StubModule(types.ModuleType):
    def __getattr__(self, name):
        if name in STUB_FILE:
            return STUB_FILE[name]
        if name in ("__all__", "__wrapped__"):
            raise AttributeError(name)
        if name == "VERSION":
            return (99, 0, 0, "final", 0)
        if name == "ImproperlyConfigured" or name.endswith(("Error", "Exception", "DoesNotExist")):
            # one class, or "except" would not know it again
            self.__dict__[name] = type(name, (Exception,), {})
            return self.__dict__[name]
        if name in ("_", "gettext", "gettext_lazy", "gettext_noop", "ugettext", "ugettext_lazy"):
            return lazy_text
        return Stub()


def top_level_names():
    """What the repository itself has at the top of an import path: a missing file below it is an ImportError."""
    return {entry.removesuffix(".py") for folder in paths for entry in os.listdir(folder)}


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Last on sys.meta_path: finds what nobody found."""

    def __init__(self):
        self.own = top_level_names()
        self.forced = set()

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if name not in self.forced:
            if top in self.own or re.search(r"local|secret|private|override", name) or top in sys.stdlib_module_names:
                return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = StubModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


class Unjudged(BaseException):
    """What MIDDLEWARE is cannot be known here."""


def failed(error, names, bound, touches):
    """After a statement has failed: goes on with stubs for what it would have bound."""
    if isinstance(error, (ModuleNotFoundError, SyntaxError, RecursionError, MemoryError)):
        raise error
    if OBJECT is None and isinstance(error, KeyError) and error.args and re.fullmatch(r"[A-Z][A-Z0-9_]+", str(error.args[0])):
        raise error
    if touches:
        raise Unjudged(f"{type(error).__name__}: {error}")
    frame = sys._getframe(1)
    passed.add(f"{os.path.relpath(frame.f_code.co_filename, ROOT)}:{error.__traceback__.tb_lineno}")
    for name in bound:
        names[name] = Stub()


def bound_names(statement):
    found, queue = [], [statement]
    while queue:
        node = queue.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.append(node.name)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        if isinstance(node, ast.alias) and node.name != "*":
            found.append(node.asname or node.name.partition(".")[0])
        if not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            queue.extend(ast.iter_child_nodes(node))
    return found


def touches(statement):
    """Has the statement to do with MIDDLEWARE, or may it, by the names of a whole module?"""
    for node in ast.walk(statement):
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        if isinstance(name, str) and ("MIDDLEWARE" in name or name in ("globals", "locals", "vars", "exec", "modules")):
            return True
    return False


def passing_over(body):
    """Those statements, of a module or a class, each of which may fail."""
    result = []
    for index, statement in enumerate(body):
        document = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if document or isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            result.append(statement)
            continue
        concerned = OBJECT is None and touches(statement)
        bound = bound_names(statement)
        if isinstance(statement, (ast.If, ast.ClassDef)):
            statement.body = passing_over(statement.body)
        if OBJECT is not None and isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.With)):
            statement.body = passing_over(statement.body)
        if isinstance(statement, ast.If):
            statement.orelse = passing_over(statement.orelse)
        handler = ast.parse(
            f"try:\n  pass\nexcept (Exception, SystemExit) as __error:\n"
            f"  __failed(__error, locals(), {bound!r}, {concerned!r})"
        ).body[0]
        for node in ast.walk(handler):
            ast.copy_location(node, statement)
        handler.body = [statement]
        result.append(handler)
    return result


class PassingOver(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *_, **__):
        tree = ast.parse(data, path)
        tree.body = passing_over(tree.body)
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def pass_over_failures():
    """From now on the repository's modules are imported so."""
    builtins.__failed = failed
    details = (PassingOver, importlib.machinery.SOURCE_SUFFIXES)
    hook = importlib.machinery.FileFinder.path_hook(details)

    def own(path):
        if os.path.abspath(path) == ROOT or not outside(path):
            return hook(path)
        raise ImportError(path)

    sys.path_hooks.insert(0, own)
    sys.path_importer_cache.clear()


def strings(value):
    return [item if isinstance(item, str) else UNKNOWN for item in value]


def class_lists(module):
    """MIDDLEWARE of every class of the module that has one, by the class's name."""
    found = {}
    for name, value in vars(module).items():
        if not isinstance(value, type) or not hasattr(value, "MIDDLEWARE"):
            continue
        listed = value.MIDDLEWARE
        if isinstance(listed, property):
            try:
                listed = value().MIDDLEWARE
            except Exception as error:
                found[name] = {"unjudged": f"{type(error).__name__}: {error}"}
                continue
        if isinstance(listed, (list, tuple)):
            found[name] = {"middleware": strings(listed)}
    return found


class Hooks(types.ModuleType):
    """In the place of the generated module: takes down what is watched, and gives it back."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def take(*arguments, **keywords):
            if name.startswith(("watch_", "wrap_")):
                taken.extend(arguments[:1])
                if not re.search("celery|rq|dramatiq", name):
                    served.extend(arguments[:1])
            return arguments[0] if arguments else None

        return take


def holds(value, depth=0):
    """Is it one of those taken down, or made of one of them?"""
    if any(value is one for one in taken):
        return True
    if depth > 7:
        return False
    if isinstance(value, (list, tuple)):
        inside = value
    elif isinstance(value, types.FunctionType):
        inside = [cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType()]
    elif isinstance(value, types.MethodType):
        inside = [value.__self__]
    else:
        inside = getattr(value, "__dict__", None)
        inside = list(inside.values()) if isinstance(inside, dict) and not isinstance(value, (type, types.ModuleType)) else ()
    return any(holds(one, depth + 1) for one in inside)


def load():
    """What a server does with MODULE:OBJECT."""
    del taken[:], served[:]
    sys.modules[HOOKS] = Hooks(HOOKS)
    names = vars(importlib.import_module(MODULE))
    if re.match(r"\w+", OBJECT).group() not in names:
        # a program that is run, by its file or "python -m": it may make it only then
        names = runpy.run_module(MODULE, run_name="__main__")
    value = eval(OBJECT, names)
    if isinstance(value, types.FunctionType) and not taken:
        code = value.__code__
        # a factory, by another name; what is none takes environ or scope
        wanted = code.co_argcount - len(value.__defaults__ or ())
        if wanted <= 0 or re.search("create|make|main|factory|build|get", code.co_name):
            value = value(*(Stub() for _ in range(wanted)))
    # a function sees more than what it closes over
    return {"watched": holds(value) or bool(served and isinstance(value, types.FunctionType))}


def run():
    if OBJECT is not None:
        return load()
    module = importlib.import_module(MODULE)
    files = own_files()
    if "MIDDLEWARE" in vars(module):
        value = module.MIDDLEWARE
        if isinstance(value, (list, tuple)):
            return {"middleware": strings(value), "files": files}
        return {"unjudged": f"MIDDLEWARE is {type(value).__name__}"}
    found = class_lists(module)
    return {"classes": found, "files": files} if found else {"unjudged": "the module has no MIDDLEWARE after it has run"}


def is_own(module):
    """Is the module, or the package without an __init__.py, one of the repository?"""
    names = vars(module)
    places = [names.get("__file__") or "", *(() if names.get("__file__") else names.get("__path__", ()))]
    return isinstance(module, StubModule) or any(str(place).startswith(ROOT + os.sep) for place in places)


def own_files():
    """The files of the repository that have been imported."""
    places = [vars(module).get("__file__") for module in sys.modules.values() if isinstance(module, types.ModuleType)]
    return sorted(os.path.relpath(place, ROOT) for place in places if place and place.startswith(ROOT + os.sep))


def forget():
    # all are found before the first goes: the path of a namespace package asks for its parent
    for name in [name for name, module in sys.modules.items() if isinstance(module, types.ModuleType) and is_own(module)]:
        del sys.modules[name]
    importlib.invalidate_caches()


def version(name):
    """Of a package that is not installed, as no package is."""
    return "99.0"


importlib.metadata.version = version
passed = set()
taken, served = [], []
paths = []
for folder in (os.path.join(ROOT, IMPORT_ROOT), ROOT, os.path.join(ROOT, "src")):
    folder = os.path.normpath(folder)
    if os.path.isdir(folder) and folder not in paths:
        paths.append(folder)
sys.path[:0] = paths
sys.dont_write_bytecode = True
os.environ["TMPDIR"] = OUTSIDE
os.makedirs(os.environ["TMPDIR"], exist_ok=True)
os.chdir(paths[0])
os.environ["DJANGO_SETTINGS_MODULE"] = MODULE
# "from somewhere import *" of a stub brings no names
builtins.MIDDLEWARE = Stub(one=True)
stubs = Stubs()
sys.meta_path.append(stubs)
output, sys.stdout = sys.stdout, io.StringIO()
sys.addaudithook(audit)


def attempt():
    """One answer, after as many runs as it takes to give the module what it asks for."""
    for _ in range(60):
        try:
            return run()
        except ModuleNotFoundError as error:
            if error.name is None or error.name in stubs.forced or error.name == MODULE:
                return {"unjudged": f"{type(error).__name__}: {error}"}
            stubs.forced.add(error.name)
        except KeyError as error:
            name = error.args[0] if error.args else None
            if not isinstance(name, str) or not re.fullmatch(r"\w+", name) or name in os.environ:
                return {"unjudged": f"KeyError: {error}"}
            os.environ[name] = "1"
        except NameError as error:
            # a name that a stubbed star import would have brought
            name = getattr(error, "name", None)
            if not name or hasattr(builtins, name):
                return {"unjudged": f"NameError: {error}"}
            setattr(builtins, name, Stub())
        except Unjudged as error:
            return {"unjudged": str(error)[:300]}
        except BaseException as error:
            # "SHOP_SECRET_KEY is not set"
            wanted = [
                name for name in re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", str(error)) if name not in os.environ
            ]
            if not wanted:
                return {"unjudged": f"{type(error).__name__}: {error}"[:300]}
            os.environ[wanted[0]] = "1"
        forget()
    return {"unjudged": "gave up"}


result = attempt()
if "unjudged" in result:
    forget()
    pass_over_failures()
    second = attempt()
    # what was passed over may have been the very line
    if "unjudged" not in second and second.get("watched") is not False:
        result = {**second, "passed": sorted(passed)}
json.dump(result, output)
output.flush()
os._exit(0)
