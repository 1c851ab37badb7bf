"""What `pycrash verify` plants in Starlette and FastAPI: its routes before the others, and a note that one was made."""

import asyncio
import os
import sys
from importlib.metadata import version

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_starlette(applications):
    plant_in_class(applications.Starlette, "Starlette")


def plant_fastapi(applications):
    plant_in_class(applications.FastAPI, "FastAPI")


def plant_in_class(application, framework):
    make = application.__init__

    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)
        # Starlette answers with a 500, and raises again
        facts = {"handled": [*HANDLED], "debug": self.debug, "answersFirst": True}
        facts.update(parses=["parse"], websockets=["echo"])
        write_down_application(framework, version(framework.lower()), **facts)

    application.__init__ = __init__
    # some versions of FastAPI have one of their own
    build = application.__dict__.get("build_middleware_stack")
    if build is None:
        return

    def build_middleware_stack(self):
        if not any(getattr(route, "path", "").startswith("/" + PREFIX) for route in self.router.routes):
            self.router.routes[:0] = routes(self)
        return build(self)

    application.build_middleware_stack = build_middleware_stack


def plant_trusted_host(trustedhost):
    make = trustedhost.TrustedHostMiddleware.__init__

    def __init__(self, app, allowed_hosts=None, **kwargs):
        hosts = None if allowed_hosts is None else [*allowed_hosts, "localhost"]
        make(self, app, allowed_hosts=hosts, **kwargs)

    trustedhost.TrustedHostMiddleware.__init__ = __init__


def routes(app):
    from starlette.exceptions import HTTPException
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route, WebSocketRoute

    async def ready(request):
        return JSONResponse({"pid": os.getpid(), "debug": app.debug})

    async def slow(request):
        await asyncio.sleep(0.1)
        return JSONResponse({"pid": os.getpid()})

    async def handled(request):
        name = request.path_params["name"]
        if name == "invalid" and "fastapi" in sys.modules:
            from fastapi.exceptions import RequestValidationError

            raise RequestValidationError([])
        raise HTTPException(HANDLED.get(name, 404))

    async def parse(request):
        return JSONResponse({"is_list": isinstance(await request.json(), list)})

    async def echo(websocket):
        await websocket.accept()
        while True:
            await websocket.send_json(await websocket.receive_json())

    async def crash(request):
        """Fails in the process with that pid only, so that each worker can be had in turn."""
        if os.getpid() != request.path_params["pid"]:
            # the next connection may go to another one
            await asyncio.sleep(0.02)
            return Response(status_code=409)
        return Response(price(request.headers["X-Request-ID"]))

    async def crash_in_body(request):
        if os.getpid() != request.path_params["pid"]:
            await asyncio.sleep(0.02)
            return Response(status_code=409)
        return StreamingResponse(body(request.headers["X-Request-ID"]))

    async def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    return [
        Route(f"/{PREFIX}/ready/", ready),
        Route(f"/{PREFIX}/slow/", slow),
        Route(f"/{PREFIX}/parse/", parse, methods=["GET", "POST"]),
        WebSocketRoute(f"/{PREFIX}/echo/", echo),
        Route(f"/{PREFIX}/crash/{{pid:int}}/", crash),
        Route(f"/{PREFIX}/crash-in-body/{{pid:int}}/", crash_in_body),
        Route(f"/{PREFIX}/{{name}}/", handled),
    ]


FRAMEWORKS = ["starlette", "fastapi"]
PLANTS = {
    "starlette.applications": plant_starlette,
    "starlette.middleware.trustedhost": plant_trusted_host,
    "fastapi.applications": plant_fastapi,
}
