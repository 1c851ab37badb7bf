"""`service_django:wsgi` and `:asgi`: what a client can do to Django, and what is a bug in it."""

import json

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

import abort_on_exception

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    MIDDLEWARE=["abort_on_exception.AbortOnUncaughtExceptionMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the test",
)


def ok(request):
    return HttpResponse("ok")


def missing(request):
    raise Http404


@csrf_exempt
def parse(request):
    return HttpResponse(str(len(json.loads(request.body))))


@csrf_exempt
def upload(request):
    return HttpResponse(str(len(request.body)))


def stream(request):
    return StreamingHttpResponse(b"x" * 65536 for _ in range(400))


def crash(request):
    raise RuntimeError("a bug")


def crash_in_body(request):
    def body():
        yield b"the first part"
        raise RuntimeError("a bug")

    return StreamingHttpResponse(body())


views = [ok, missing, parse, upload, stream, crash, crash_in_body]
urlpatterns = [path(view.__name__, view) for view in views]
wsgi = abort_on_exception.wrap_wsgi(get_wsgi_application())
asgi = abort_on_exception.wrap_asgi(get_asgi_application())
