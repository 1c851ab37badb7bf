"""Views of the kinds that projects have: none of them expects a client that lies."""

import asyncio
import json
import threading
import time

from django import forms
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


class OrderForm(forms.Form):
    name = forms.CharField()
    number = forms.IntegerField()
    when = forms.DateField()
    file = forms.FileField(required=False)


def json_body(request):
    return JsonResponse({"kind": type(json.loads(request.body)).__name__})


def form(request):
    order = OrderForm(request.POST, request.FILES)
    return JsonResponse({"valid": order.is_valid(), "errors": order.errors})


def upload(request):
    sizes = [sum(len(chunk) for chunk in file.chunks()) for file in request.FILES.values()]
    return JsonResponse({"sizes": sizes})


def read(request):
    return HttpResponse(str(len(request.read())))


def query(request):
    found = [len(request.GET), len(request.COOKIES), request.get_host(), request.headers.get("User-Agent")]
    return JsonResponse({"found": found, "uri": request.build_absolute_uri()})


def stream(request):
    def parts():
        for _ in range(40):
            yield b"x" * 65536

    return StreamingHttpResponse(parts())


async def stream_async(request):
    async def parts():
        for _ in range(40):
            yield b"x" * 65536
            await asyncio.sleep(0.002)

    return StreamingHttpResponse(parts())


def slow(request):
    time.sleep(0.05)
    return HttpResponse("late")


async def slow_async(request):
    await asyncio.sleep(0.05)
    return HttpResponse(str(len(request.body)))


def background(request):
    thread = threading.Thread(target=time.sleep, args=(0.02,))
    thread.start()
    return HttpResponse("started")


def number(request, number):
    return HttpResponse(str(number))


def bug(request):
    return HttpResponse({}["no such order"])


urlpatterns = [
    path("board/json/", csrf_exempt(json_body)),
    path("board/form/", csrf_exempt(form)),
    path("board/upload/", csrf_exempt(upload)),
    path("board/read/", csrf_exempt(read)),
    path("board/protected/", form),
    path("board/query/", query),
    path("board/stream/", stream),
    path("board/slow/", csrf_exempt(slow)),
    path("board/stream-async/", stream_async),
    path("board/slow-async/", csrf_exempt(slow_async)),
    path("board/background/", background),
    path("board/number/<int:number>/", number),
    path("board/uuid/<uuid:number>/", number),
    path("board/bug/", bug),
]
