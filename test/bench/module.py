"""One request through Django's real handler, many times.

usage: module.py wsgi|asgi VARIANT REQUESTS [--time]

VARIANT is none, pycrash (middleware), pycrash-wrapped (middleware and wrapper),
process-exception (the well-known middleware) or sentry. With --time the median
of the time per request, in microseconds, is printed. No request at all is the
cost of the start.
"""
import asyncio
import gc
import io
import os
import statistics
import sys
import time

import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path


class AbortOnProcessException:
    """What people write by hand."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        os.abort()


def view(request):
    return HttpResponse(b"hello")


async def async_view(request):
    return HttpResponse(b"hello")


urlpatterns = [path("hello/", view), path("async/", async_view)]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def application(interface, variant):
    if variant.startswith("pycrash"):
        first = ["abort_on_exception.AbortOnUncaughtExceptionMiddleware"]
    elif variant == "process-exception":
        first = [f"{__name__}.AbortOnProcessException"]
    else:
        first = []
    if variant == "sentry":
        import sentry_sdk

        # Nothing listens on the discard port; no event is made here anyway.
        sentry_sdk.init(dsn="http://key@127.0.0.1:9/1")
    settings.configure(
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
        ],
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
        MIDDLEWARE=first + MIDDLEWARE,
        ROOT_URLCONF=__name__,
        SECRET_KEY="benchmark",
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    )
    django.setup(set_prefix=False)
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application

    made = get_wsgi_application() if interface == "wsgi" else get_asgi_application()
    if variant == "pycrash-wrapped":
        import abort_on_exception

        return getattr(abort_on_exception, "wrap_" + interface)(made)
    return made


def request(handler):
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/hello/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    statuses = []
    body = handler(environ, lambda status, headers, exc_info=None: statuses.append(status))
    assert b"".join(body) == b"hello", statuses
    body.close()


async def asgi_request(handler):
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/async/",
        "raw_path": b"/async/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80),
    }
    sent = []
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if waiting:
            return waiting.pop()
        # a client that stays
        return await asyncio.get_running_loop().create_future()

    async def send(message):
        sent.append(message)

    await handler(scope, receive, send)
    assert sent[0]["status"] == 200, sent


def main():
    interface, variant, requests = sys.argv[1], sys.argv[2], int(sys.argv[3])
    handler = application(interface, variant)
    loop = asyncio.new_event_loop() if interface == "asgi" else None
    # What a collection costs depends on all that was imported, not on the request.
    gc.collect()
    gc.freeze()
    gc.disable()
    times = []
    for _ in range(requests):
        start = time.perf_counter_ns()
        if loop is None:
            request(handler)
        else:
            loop.run_until_complete(asgi_request(handler))
        times.append(time.perf_counter_ns() - start)
    if "--time" in sys.argv:
        print(statistics.median(times) / 1000)


if __name__ == "__main__":
    main()
