"""What `pycrash verify` plants in aiohttp: its routes before an application's own, and a note that one was made."""

import asyncio
import os
from importlib.metadata import version

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_application(module):
    make = module.Application.__init__

    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)
        add_routes(self)
        write_down_application("aiohttp", version("aiohttp"), handled=[*HANDLED])

    module.Application.__init__ = __init__


def add_routes(app):
    from aiohttp import web

    async def ready(request):
        return web.json_response({"pid": os.getpid()})

    async def slow(request):
        await asyncio.sleep(0.1)
        return web.json_response({"pid": os.getpid()})

    async def handled(request):
        status = HANDLED.get(request.match_info["name"], 404)
        errors = (getattr(web, name) for name in dir(web) if name.startswith("HTTP"))
        found = next(error for error in errors if getattr(error, "status_code", 0) == status)
        raise found(max_size=1, actual_size=2) if status == 413 else found

    async def crash(request):
        """Fails in the process with that pid only, so that each worker can be had in turn."""
        if os.getpid() != int(request.match_info["pid"]):
            # the next connection may go to another one
            await asyncio.sleep(0.02)
            return web.Response(status=409)
        return web.json_response(price(request.headers["X-Request-ID"]))

    async def crash_in_body(request):
        if os.getpid() != int(request.match_info["pid"]):
            await asyncio.sleep(0.02)
            return web.Response(status=409)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"the first part\n")
        await response.write(price(request.headers["X-Request-ID"]))
        return response

    for path, handler in (
        ("ready/", ready),
        ("slow/", slow),
        (r"crash/{pid:\d+}/", crash),
        (r"crash-in-body/{pid:\d+}/", crash_in_body),
        ("{name}/", handled),
    ):
        app.router.add_get(f"/{PREFIX}/{path}", handler)


FRAMEWORKS = ["aiohttp"]
PLANTS = {"aiohttp.web_app": plant_application}
