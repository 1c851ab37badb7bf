"""
The routes that `pycrash verify` plants in front of the project's own. A request comes here through the project's real
middleware; what is raised here leaves through it.
"""

import json
import os
import time

from django import forms
from django.apps import apps
from django.core.exceptions import PermissionDenied, SuspiciousOperation, TooManyFieldsSent
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from pycrash_planted import PREFIX, price

try:
    from django.urls import re_path
except ImportError:  # Django before 2.0
    from django.conf.urls import url as re_path

def ready(request):
    return JsonResponse({"pid": os.getpid()})


def slow(request):
    time.sleep(0.1)
    return JsonResponse({"pid": os.getpid()})


def missing(request):
    raise Http404("planted")


def forbidden(request):
    raise PermissionDenied("planted")


def suspicious(request):
    raise SuspiciousOperation("planted")


def invalid(request):
    """A form that is not filled in, as most views handle it."""
    form = forms.Form(data={})
    form.fields["number"] = forms.IntegerField()
    return JsonResponse(form.errors, status=200 if form.is_valid() else 400)


def too_many_fields(request):
    """What Django raises for a request that is too big or cannot be parsed."""
    raise TooManyFieldsSent("planted")


def parse(request):
    """What a client sends, parsed without a thought of a client that lies."""
    fields = len(request.GET) + len(request.POST) + len(request.FILES)
    is_json = "json" in request.META.get("CONTENT_TYPE", "")
    return JsonResponse({"fields": fields, "is_list": is_json and isinstance(json.loads(request.body), list)})


def invalid_serializer(request):
    """The same by Django REST framework, where the project has it: its own exception handler answers."""
    if not apps.is_installed("rest_framework"):
        return HttpResponse(status=400)
    from rest_framework import exceptions, views

    class Invalid(views.APIView):
        authentication_classes = ()
        permission_classes = ()
        throttle_classes = ()

        def get(self, request):
            raise exceptions.ValidationError({"number": ["planted"]})

    return Invalid.as_view()(request)


def crash(request, pid):
    """Fails in the process with that pid only, so that each worker can be had in turn."""
    if os.getpid() != int(pid):
        # keeps this worker busy, so that the next connection goes to another one
        time.sleep(0.02)
        return HttpResponse(status=409)
    return HttpResponse(price(request.META["HTTP_X_REQUEST_ID"]))


def crash_in_body(request, pid):
    if os.getpid() != int(pid):
        time.sleep(0.02)
        return HttpResponse(status=409)
    request_id = request.META["HTTP_X_REQUEST_ID"]
    return StreamingHttpResponse(part for part in body(request_id))


def body(request_id):
    yield b"the first part\n"
    yield price(request_id)


def crash_in_rest(request, pid):
    """In a view of Django REST framework, behind the project's own EXCEPTION_HANDLER."""
    from rest_framework import views

    class Failing(views.APIView):
        authentication_classes = ()
        permission_classes = ()
        throttle_classes = ()

        def get(self, request):
            return crash(request, pid)

    return Failing.as_view()(request)


def crash_in_ninja(request, pid):
    """As an operation of django-ninja fails: each of its APIs has handlers of its own."""
    from pycrash_plant_ninja import APIS

    try:
        return crash(request, pid)
    except Exception as error:
        for api in APIS:
            response = api.on_exception(request, error)
        return response


# Django 5.1's LoginRequiredMiddleware answers for a view that does not opt out.
for view in (
    ready,
    slow,
    missing,
    forbidden,
    suspicious,
    too_many_fields,
    invalid,
    invalid_serializer,
    parse,
    crash,
    crash_in_body,
    crash_in_rest,
    crash_in_ninja,
):
    view.login_required = False
parse.csrf_exempt = True

urlpatterns = [
    re_path(r"^%s/ready/$" % PREFIX, ready),
    re_path(r"^%s/slow/$" % PREFIX, slow),
    re_path(r"^%s/missing/$" % PREFIX, missing),
    re_path(r"^%s/forbidden/$" % PREFIX, forbidden),
    re_path(r"^%s/suspicious/$" % PREFIX, suspicious),
    re_path(r"^%s/too-many-fields/$" % PREFIX, too_many_fields),
    re_path(r"^%s/invalid/$" % PREFIX, invalid),
    re_path(r"^%s/invalid-serializer/$" % PREFIX, invalid_serializer),
    re_path(r"^%s/parse/$" % PREFIX, parse),
    re_path(r"^%s/crash/(?P<pid>[0-9]+)/$" % PREFIX, crash),
    re_path(r"^%s/crash-in-body/(?P<pid>[0-9]+)/$" % PREFIX, crash_in_body),
    re_path(r"^%s/crash-in-rest/(?P<pid>[0-9]+)/$" % PREFIX, crash_in_rest),
    re_path(r"^%s/crash-in-ninja/(?P<pid>[0-9]+)/$" % PREFIX, crash_in_ninja),
]
