"""What `pycrash verify` plants in Falcon, for WSGI and for ASGI: its routes in every application, and a note that one was made."""

import asyncio
import os
import time
from importlib.metadata import version

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_wsgi(module):
    plant_in_class(module.App, wsgi_resources)


def plant_falcon_2(module):
    # a "/" at the end of a template means nothing there, and one of a path is an empty segment
    plant_in_class(module.API, wsgi_resources, ends=("/{end}", ""))


def plant_asgi(module):
    plant_in_class(module.App, asgi_resources)


def plant_in_class(application, resources, ends=("/", "")):
    make = application.__init__

    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)
        # the class for ASGI derives from the one for WSGI
        if resources is wsgi_resources and getattr(self, "_ASGI", False):
            return
        for path, responder in resources().items():
            # the option strip_url_path_trailing_slash takes the "/" from the request's path
            for end in ends:
                self.add_route(f"/{PREFIX}/{path}{end}", Resource(responder))
        write_down_application("Falcon", version("falcon"), handled=[*HANDLED])

    application.__init__ = __init__


class Resource:
    def __init__(self, on_get):
        self.on_get = on_get


def answer(resp, **media):
    resp.media = {"pid": os.getpid(), **media}


def raise_handled(name):
    import falcon

    if name == "invalid":
        raise falcon.HTTPInvalidParam("planted", "number")
    raise falcon.HTTPError(getattr(falcon, f"HTTP_{HANDLED.get(name, 404)}"))


def wsgi_resources():
    def ready(req, resp, end=""):
        answer(resp)

    def slow(req, resp, end=""):
        time.sleep(0.1)
        answer(resp)

    def handled(req, resp, name, end=""):
        raise_handled(name)

    def crash(req, resp, pid, end=""):
        """Fails in the process with that pid only, so that each worker can be had in turn."""
        if os.getpid() != pid:
            # keeps this worker busy, so that the next connection goes to another one
            time.sleep(0.02)
            resp.status = "409 Conflict"
        else:
            resp.media = price(req.get_header("X-Request-ID"))

    def crash_in_body(req, resp, pid, end=""):
        if os.getpid() != pid:
            time.sleep(0.02)
            resp.status = "409 Conflict"
        else:
            resp.stream = body(req.get_header("X-Request-ID"))

    def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    return paths(ready, slow, handled, crash, crash_in_body)


def asgi_resources():
    async def ready(req, resp):
        answer(resp)

    async def slow(req, resp):
        await asyncio.sleep(0.1)
        answer(resp)

    async def handled(req, resp, name):
        raise_handled(name)

    async def crash(req, resp, pid):
        if os.getpid() != pid:
            await asyncio.sleep(0.02)
            resp.status = "409 Conflict"
        else:
            resp.media = price(req.get_header("X-Request-ID"))

    async def crash_in_body(req, resp, pid):
        if os.getpid() != pid:
            await asyncio.sleep(0.02)
            resp.status = "409 Conflict"
        else:
            resp.stream = body(req.get_header("X-Request-ID"))

    async def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    return paths(ready, slow, handled, crash, crash_in_body)


def paths(ready, slow, handled, crash, crash_in_body):
    return {
        "ready": ready,
        "slow": slow,
        "crash/{pid:int}": crash,
        "crash-in-body/{pid:int}": crash_in_body,
        "{name}": handled,
    }


FRAMEWORKS = ["falcon"]
PLANTS = {
    "falcon.api": plant_falcon_2,
    "falcon.app": plant_wsgi,
    "falcon.asgi.app": plant_asgi,
}
