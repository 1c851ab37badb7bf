"""A small Django project in one file: `served:application` for gunicorn, `served:asgi_application` for uvicorn."""

import asyncio
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
    # True is the default, and takes the loggers of modules that were imported before.
    LOGGING={
        "version": 1,
        "disable_existing_loggers": True,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"]},
        "loggers": {"django": {"propagate": True}},
    },
    MIDDLEWARE=["abort_on_exception.AbortOnUncaughtExceptionMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the test",
)


@csrf_exempt
def upload(request):
    return HttpResponse(str(len(request.body)))


@csrf_exempt
def form(request):
    return HttpResponse(str(len(request.POST)))


@csrf_exempt
def loads(request):
    return HttpResponse(str(json.loads(request.body.decode())))


def query(request):
    return HttpResponse(str(json.loads(request.GET["filter"])))


def stream(request):
    return StreamingHttpResponse(b"x" * 65536 for _ in range(100))


def number(request):
    return HttpResponse(str(int(request.GET["page"])))


def crash(request):
    raise RuntimeError("nobody handles this")


async def fail():
    raise RuntimeError("nothing retrieves this")


async def task(request):
    asyncio.ensure_future(fail())
    await asyncio.sleep(0.1)
    return HttpResponse("ok")


def missing(request):
    raise Http404


urlpatterns = [
    path("upload/", upload),
    path("upload", upload),
    path("form", form),
    path("parsed", loads),
    path("loads", loads),
    path("query", query),
    path("slow", stream),
    path("stream", stream),
    path("number/", number),
    path("crash/", crash),
    path("crash", crash),
    path("task/", task),
    path("missing/", missing),
    path("ok", lambda request: HttpResponse("ok")),
    path("ok/", lambda request: HttpResponse("ok")),
]
application = abort_on_exception.wrap_wsgi(get_wsgi_application())
asgi_application = abort_on_exception.wrap_asgi(get_asgi_application())
