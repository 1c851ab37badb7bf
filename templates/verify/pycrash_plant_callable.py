"""
What `pycrash verify` plants in a WSGI or ASGI callable of no framework: answers of its own to a few paths. They are given
in front of the callable, but inside of what watches it (wrap_wsgi or wrap_asgi of the generated module); one that
nothing watches has them as well.
"""

import asyncio
import functools
import json
import os
import time
import types

from pycrash_planted import PREFIX, price
from pycrash_planting import HERE, write_down_application

with open(os.path.join(HERE, "callables.json"), encoding="utf-8") as file:
    # {"generated": "shop.abort_on_exception", "objects": {"shop.wsgi": {"application": "wsgi"}}}
    CALLABLES = json.load(file)

VERSIONS = {"wsgi": "1.0", "asgi": "3.0"}
JSON = ("Content-Type", "application/json")

watched = set()


def plant_wrappers(generated):
    for kind in {kind for objects in CALLABLES["objects"].values() for kind in objects.values()}:
        name = "wrap_" + kind
        if hasattr(generated, name):
            setattr(generated, name, planting_wrapper(kind, getattr(generated, name)))


def planting_wrapper(kind, wrap):
    @functools.wraps(wrap)
    def planting(application):
        watched.add(kind)
        return wrap(planted(kind, application))

    return planting


def plant_objects(module):
    for name, kind in CALLABLES["objects"][module.__name__].items():
        holder = module
        *outer, last = name.replace("()", "").split(".")
        for each in outer:
            holder = getattr(holder, each)
        found = getattr(holder, last)
        if name.endswith("()"):
            setattr(holder, last, planting_factory(kind, found))
        else:
            setattr(holder, last, unless_watched(kind, found))


def planting_factory(kind, factory):
    @functools.wraps(factory)
    def planting(*args, **kwargs):
        return unless_watched(kind, factory(*args, **kwargs))

    return planting


def unless_watched(kind, application):
    return application if kind in watched else planted(kind, application)


def planted(kind, application):
    write_down_application(kind.upper(), VERSIONS[kind], handled=[])
    answering = wsgi(application) if kind == "wsgi" else asgi(application)
    if isinstance(application, types.FunctionType):
        return functools.update_wrapper(answering, application)
    return (PlantedWSGI if kind == "wsgi" else PlantedASGI)(application, answering)


class Planted:
    """An object with all its attributes; only the call is another."""

    def __init__(self, application, answering):
        self.__dict__.update(_application=application, _answering=answering)

    def __getattr__(self, name):
        return getattr(self.__dict__["_application"], name)

    def __setattr__(self, name, value):
        setattr(self._application, name, value)


class PlantedWSGI(Planted):
    def __call__(self, environ, start_response):
        return self._answering(environ, start_response)


class PlantedASGI(Planted):
    async def __call__(self, scope, receive, send):
        await self._answering(scope, receive, send)


def asked(path):
    """The name of the planted page, and whether it is for another process; no name where the page is the application's."""
    name, *pid = path.partition(PREFIX + "/")[2].strip("/").split("/")
    known = name in ("ready", "slow", "crash", "crash-in-body")
    return (name if known else ""), bool(pid) and pid[0] != str(os.getpid())


def wsgi(application):
    def answering(environ, start_response):
        name, is_elsewhere = asked(environ.get("PATH_INFO", ""))
        if not name:
            return application(environ, start_response)
        if is_elsewhere:
            # keeps this worker busy, so that the next connection goes to another one
            time.sleep(0.02)
            start_response("409 Conflict", [JSON])
            return [b""]
        if name == "slow":
            time.sleep(0.1)
        elif name == "crash":
            price(environ["HTTP_X_REQUEST_ID"])
        start_response("200 OK", [JSON])
        if name == "crash-in-body":
            return body(environ["HTTP_X_REQUEST_ID"])
        return [json.dumps({"pid": os.getpid()}).encode()]

    def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    return answering


def asgi(application):
    async def answering(scope, receive, send):
        name, is_elsewhere = asked(scope.get("path", "") if scope["type"] == "http" else "")
        if not name:
            await application(scope, receive, send)
            return
        request_id = dict(scope["headers"]).get(b"x-request-id", b"").decode()
        status = 409 if is_elsewhere else 200
        if is_elsewhere:
            await asyncio.sleep(0.02)
        elif name == "slow":
            await asyncio.sleep(0.1)
        elif name == "crash":
            price(request_id)
        headers = [tuple(part.encode() for part in JSON)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if name == "crash-in-body" and not is_elsewhere:
            await send({"type": "http.response.body", "body": b"the first part\n", "more_body": True})
            price(request_id)
        await send({"type": "http.response.body", "body": json.dumps({"pid": os.getpid()}).encode()})

    return answering


FRAMEWORKS = ["wsgi", "asgi"]
# the modules of the project that have the callables, and the generated one
PLANTS = dict.fromkeys(CALLABLES["objects"], plant_objects)
PLANTS[CALLABLES["generated"]] = plant_wrappers
