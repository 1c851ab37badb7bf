"""`python django_shop.py request`: serves one real HTTP request with Django, whose view fails 32 frames deep."""

import os
import sys
import threading
from http.client import HTTPConnection
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.signals import got_request_exception
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

import oracle

settings.configure(
    SECRET_KEY="django-insecure-of-the-test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DEBUG=False,
    LOGGING_CONFIG=None,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)


class Basket:
    def __init__(self, owner, lines):
        self.owner = owner
        self.lines = lines

    def total(self, depth):
        if depth == 0:
            return sum(line["price"] * line["count"] for line in self.lines)
        return self.total(depth - 1)


class PaymentError(Exception):
    pass


def charge(basket, card_number, password):
    try:
        amount = basket.total(29)
    except TypeError as wrong:
        line = basket.lines[-1]
        raise PaymentError("cannot charge %s for %s" % (basket.owner, line["name"])) from wrong
    return amount


def order(request, number):
    basket = Basket("ada", [{"name": "book", "price": 12, "count": 1}, {"name": "pen", "price": None, "count": 3}])
    api_token = "t0k3n-of-the-test"
    fallback = {"pay_later": False, "nested": {"session_key": "abc123", "plain": "visible"}}
    try:
        charge(basket, "4111 1111 1111 1111", "hunter2")
    except PaymentError:
        if not fallback["pay_later"]:
            raise RuntimeError("order %d failed" % number)
    return HttpResponse("ordered")


urlpatterns = [path("order/<int:number>/", order, name="order")]


def abort_with_core(exception, request, context):
    truth = {
        "method": request.method,
        "path": request.path,
        "query": request.META["QUERY_STRING"],
        "headers": {name: value for name, value in request.headers.items()},
        "view": "%s.%s" % (__name__, request.resolver_match.func.__qualname__),
    }
    oracle.write(exception, request=truth) or os.abort()


def receive(sender, request=None, **kwargs):
    abort_with_core(sys.exc_info()[1], request, {"from": "got_request_exception"})


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def ask(port):
    connection = HTTPConnection("127.0.0.1", port)
    headers = {
        "Authorization": "Bearer token-of-the-test",
        "Cookie": "sessionid=cookie-of-the-test",
        "X-Request-ID": "request-1",
    }
    connection.request("POST", "/order/7/?page=2&token=query-of-the-test", body=b"a=1", headers=headers)
    connection.getresponse()


if __name__ == "__main__":
    got_request_exception.connect(receive)
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    threading.Thread(target=ask, args=(server.server_port,), name="client", daemon=True).start()
    server.handle_request()
