"""
Planted by `pycrash verify` in a throw-away place. Nothing of the project is changed:

* Django's root URL configuration gets a few more routes (pycrash_planted.py) in front of its own;
* the settings that a client has to know (ALLOWED_HOSTS ...) are written down when the handler is built;
* the wait status of every child that this process reaps is written down.
"""

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


def plant_routes(resolvers):
    original = resolvers.URLResolver.url_patterns.func

    def url_patterns(self):
        patterns = original(self)
        # the root resolver, also of a middleware that sets request.urlconf
        if str(self.pattern) != "^/":
            return patterns
        from pycrash_planted import urlpatterns

        return [*urlpatterns, *patterns]

    replacement = type(resolvers.URLResolver.url_patterns)(url_patterns)
    replacement.__set_name__(resolvers.URLResolver, "url_patterns")
    resolvers.URLResolver.url_patterns = replacement


def plant_facts(base):
    original = base.BaseHandler.load_middleware

    def load_middleware(self, *args, **kwargs):
        original(self, *args, **kwargs)
        import django
        from django.conf import settings

        header = settings.SECURE_PROXY_SSL_HEADER
        write_down(
            "handlers.jsonl",
            {
                "pid": os.getpid(),
                "user": user_name(),
                "python": sys.version.split()[0],
                "executable": os.path.realpath("/proc/self/exe"),
                "django": django.get_version(),
                "settings": os.environ.get("DJANGO_SETTINGS_MODULE"),
                "debug": settings.DEBUG,
                "allowedHosts": list(settings.ALLOWED_HOSTS),
                "sslRedirect": bool(settings.SECURE_SSL_REDIRECT),
                "proxySslHeader": list(header) if header else None,
                "middleware": list(settings.MIDDLEWARE),
            },
        )

    base.BaseHandler.load_middleware = load_middleware


def plant_databases(conf):
    """`--sqlite`: whatever the settings module says, each database is a throw-away file."""
    if os.environ.get("PYCRASH_VERIFY_SQLITE") != "1":
        return
    original = conf.Settings.__init__

    def __init__(self, *args, **kwargs):
        original(self, *args, **kwargs)
        aliases = dict.fromkeys(["default", *(getattr(self, "DATABASES", None) or {})])
        self.DATABASES = {
            alias: {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.path.join(REPORTS, alias + ".sqlite3"),
            }
            for alias in aliases
        }

    conf.Settings.__init__ = __init__


PLANTS = {
    "django.conf": plant_databases,
    "django.urls.resolvers": plant_routes,
    "django.core.handlers.base": plant_facts,
}


class PlantFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        plant = PLANTS.get(name)
        if plant is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            plant(module)

        spec.loader.exec_module = exec_module
        return spec


def write_down_waits():
    original = os.waitpid

    def waitpid(pid, options):
        child, status = original(pid, options)
        if child:
            write_down("waits.jsonl", {"parent": os.getpid(), "pid": child, "status": status})
        return child, status

    os.waitpid = waitpid


def let_the_first_process_be_aborted():
    """The kernel keeps signals from a container's first process that has no handler for them (pid_namespaces(7))."""
    if os.getpid() == 1:
        signal.signal(signal.SIGABRT, lambda *_: os.abort())


sys.meta_path.insert(0, PlantFinder)
let_the_first_process_be_aborted()
write_down_waits()
if HERE not in sys.path:
    sys.path.append(HERE)
