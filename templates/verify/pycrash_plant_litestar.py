"""What `pycrash verify` plants in Litestar: its routes in every application, and a note that one was made."""

import asyncio
import os
from importlib.metadata import version

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_application(module):
    make = module.Litestar.__init__

    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)
        for handler in handlers(self):
            self.register(handler)
        allowed = getattr(self.allowed_hosts, "allowed_hosts", self.allowed_hosts)
        write_down_application(
            "Litestar",
            version("litestar"),
            handled=[*HANDLED],
            debug=bool(self.debug),
            allowedHosts=[host.replace("*.", "www.") for host in allowed or ["*"]],
        )

    module.Litestar.__init__ = __init__


def handlers(app):
    from litestar import MediaType, Request, get
    from litestar.exceptions import HTTPException
    from litestar.response import Response, Stream

    def planted(path, **more):
        # the name that Litestar's own middleware for a login looks for
        return get(f"/{PREFIX}/{path}", include_in_schema=False, exclude_from_auth=True, **more)

    def refusal():
        return Response(b"", status_code=409, media_type=MediaType.TEXT)

    @planted("ready/")
    async def ready() -> dict:
        return {"pid": os.getpid(), "debug": bool(app.debug)}

    @planted("slow/")
    async def slow() -> dict:
        await asyncio.sleep(0.1)
        return {"pid": os.getpid()}

    # its query has no number
    @planted("invalid/")
    async def invalid(number: int) -> dict:
        return {"number": number}

    @planted("{name:str}/")
    async def handled(name: str) -> dict:
        raise HTTPException(status_code=HANDLED.get(name, 404), detail="planted")

    @planted("crash/{pid:int}/")
    async def crash(request: Request, pid: int) -> Response:
        """Fails in the process with that pid only, so that each worker can be had in turn."""
        if os.getpid() != pid:
            # the next connection may go to another one
            await asyncio.sleep(0.02)
            return refusal()
        return Response(price(request.headers["X-Request-ID"]))

    @planted("crash-in-body/{pid:int}/")
    async def crash_in_body(request: Request, pid: int) -> Response:
        if os.getpid() != pid:
            await asyncio.sleep(0.02)
            return refusal()
        return Stream(body(request.headers["X-Request-ID"]))

    async def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    return [ready, slow, invalid, handled, crash, crash_in_body]


FRAMEWORKS = ["litestar"]
PLANTS = {"litestar.app": plant_application}
