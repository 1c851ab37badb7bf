"""`python fingerprints.py SCENARIO`: fails where the generated module sees it, which logs its fingerprint and aborts."""

import json
import sys

from django.conf import settings

import oracle

settings.configure(
    SECRET_KEY="of-the-test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="__main__",
    DEBUG=False,
    LOGGING_CONFIG=None,
    MIDDLEWARE=["abort_on_exception.AbortOnUncaughtExceptionMiddleware"],
)
urlpatterns = []


class OrderError(Exception):
    class Pricing(Exception):
        pass


def price(depth):
    if depth:
        return price(depth - 1)
    return [int(each) for each in ["1", "many"]]


def cause():
    try:
        price(20)
    except ValueError as wrong:
        raise OrderError.Pricing("no price") from wrong


def context():
    try:
        price(2)
    except ValueError:
        raise OrderError("no price")


def suppressed():
    try:
        price(2)
    except ValueError:
        raise OrderError("no price") from None


def library():
    return json.loads("{")


def generator():
    return sum(price(each) for each in range(3))


def group():
    found = []
    for fail in (cause, context, library):
        try:
            fail()
        except Exception as error:
            found.append(error)
    try:
        raise ExceptionGroup("inner", found[1:])
    except ExceptionGroup as inner:
        raise ExceptionGroup("all of it", [found[0], inner]) from OrderError("never raised")


def request():
    """A real request to Django, whose view fails with a cause."""
    import threading
    from http.client import HTTPConnection
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application
    from django.urls import path

    def order(request, number):
        cause()

    urlpatterns.append(path("order/<int:number>/", order))
    server = make_server("127.0.0.1", 0, get_wsgi_application())

    def ask():
        connection = HTTPConnection("127.0.0.1", server.server_port)
        connection.request("GET", "/order/7/")
        connection.getresponse()

    threading.Thread(target=ask, daemon=True).start()
    server.handle_request()


if __name__ == "__main__":
    # nothing of the crash is known yet; a core comes with an oracle
    oracle.write()
    import abort_on_exception

    abort_on_exception.install()
    globals()[sys.argv[1]]()
