"""A small Django project in one file: `served:application` for gunicorn, `served:asgi_application` for uvicorn."""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpResponse
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


def crash(request):
    raise RuntimeError("nobody handles this")


def missing(request):
    raise Http404


urlpatterns = [
    path("upload/", upload),
    path("crash/", crash),
    path("missing/", missing),
    path("ok/", lambda request: HttpResponse("ok")),
]
application = abort_on_exception.wrap_wsgi(get_wsgi_application())
asgi_application = abort_on_exception.wrap_asgi(get_asgi_application())
