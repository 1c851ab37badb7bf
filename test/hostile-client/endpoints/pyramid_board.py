"""Views of the kinds that projects have: none of them expects a client that lies."""

import json
import time

from pyramid.response import Response
from pyramid.view import view_config


@view_config(route_name="board-json", renderer="json")
def json_body(request):
    return {"kind": type(request.json_body).__name__}


@view_config(route_name="board-loads", renderer="json")
def loads(request):
    return {"kind": type(json.loads(request.body)).__name__}


@view_config(route_name="board-form", renderer="json")
def form(request):
    return {"fields": len(request.POST)}


@view_config(route_name="board-upload", renderer="json")
def upload(request):
    return {"sizes": [len(each.file.read()) for each in request.POST.values() if hasattr(each, "file")]}


@view_config(route_name="board-query", renderer="json")
def query(request):
    return {"found": [len(request.GET), len(request.cookies), request.url, str(request.range), request.matchdict]}


@view_config(route_name="board-stream")
def stream(request):
    return Response(app_iter=(b"x" * 65536 for _ in range(40)))


@view_config(route_name="board-slow")
def slow(request):
    time.sleep(0.05)
    return Response("late")


def add_routes(config):
    for name in ("json", "loads", "form", "upload", "query", "stream", "slow"):
        config.add_route(f"board-{name}", f"/board/{name}/")
