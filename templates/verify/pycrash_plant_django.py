"""
What `pycrash verify` plants in Django: a few more routes (pycrash_routes_django.py) in front of the root URL
configuration's own, and a note of the settings that a client has to know when the handler is built.
"""

import os

from pycrash_planting import REPORTS, write_down_application

# Routes whose errors Django, or the view, answers with a 4xx.
HANDLED = (
    "missing",
    "forbidden",
    "suspicious",
    "too-many-fields",
    "invalid",
    "invalid-serializer",
)


def plant_routes(resolvers):
    # Django before 2.0 has the latter, with a regular expression for a pattern
    resolver = getattr(resolvers, "URLResolver", None) or resolvers.RegexURLResolver
    original = resolver.url_patterns.func

    def url_patterns(self):
        patterns = original(self)
        # the root resolver, also of a middleware that sets request.urlconf
        pattern = str(self.pattern) if hasattr(self, "pattern") else self.regex.pattern
        if pattern != "^/":
            return patterns
        from pycrash_routes_django import urlpatterns

        return [*urlpatterns, *patterns]

    replacement = type(resolver.url_patterns)(url_patterns)
    if hasattr(replacement, "__set_name__"):
        replacement.__set_name__(resolver, "url_patterns")
    resolver.url_patterns = replacement


def plant_facts(base):
    original = base.BaseHandler.load_middleware

    def load_middleware(self, *args, **kwargs):
        original(self, *args, **kwargs)
        import django
        from django.conf import settings

        header = settings.SECURE_PROXY_SSL_HEADER
        write_down_application(
            "Django",
            django.get_version(),
            handled=HANDLED,
            parses=["parse"],
            settings=os.environ.get("DJANGO_SETTINGS_MODULE"),
            debug=settings.DEBUG,
            allowedHosts=list(settings.ALLOWED_HOSTS),
            sslRedirect=bool(settings.SECURE_SSL_REDIRECT),
            proxySslHeader=list(header) if header else None,
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


FRAMEWORKS = ["django"]
PLANTS = {
    "django.conf": plant_databases,
    "django.urls.resolvers": plant_routes,
    "django.core.handlers.base": plant_facts,
}
