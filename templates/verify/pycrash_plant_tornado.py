"""What `pycrash verify` plants in Tornado: its handlers before an application's own, and a note that one was made."""

import asyncio
import os

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_application(web):
    make = web.Application.__init__

    def __init__(self, *args, **kwargs):
        from tornado import version

        make(self, *args, **kwargs)
        # they are asked before the handlers that it was made with
        self.add_handlers(".*", handlers(web))
        debug = bool(self.settings.get("debug"))
        write_down_application("Tornado", version, handled=[*HANDLED], debug=debug)

    web.Application.__init__ = __init__


def handlers(web):
    class Ready(web.RequestHandler):
        def get(self):
            self.write({"pid": os.getpid(), "debug": bool(self.settings.get("debug"))})

    class Slow(web.RequestHandler):
        async def get(self):
            await asyncio.sleep(0.1)
            self.write({"pid": os.getpid()})

    class Handled(web.RequestHandler):
        def get(self, name):
            if name == "invalid":
                self.get_argument("number")
            raise web.HTTPError(HANDLED.get(name, 404))

    class Crash(web.RequestHandler):
        async def get(self, pid):
            """Fails in the process with that pid only, so that each worker can be had in turn."""
            if os.getpid() != int(pid):
                # the next connection may go to another one
                await asyncio.sleep(0.02)
                self.set_status(409)
            else:
                self.write(price(self.request.headers["X-Request-ID"]))

    class CrashInBody(web.RequestHandler):
        async def get(self, pid):
            if os.getpid() != int(pid):
                await asyncio.sleep(0.02)
                self.set_status(409)
                return
            self.write(b"the first part\n")
            await self.flush()
            self.write(price(self.request.headers["X-Request-ID"]))

    return [
        (f"/{PREFIX}/ready/", Ready),
        (f"/{PREFIX}/slow/", Slow),
        (rf"/{PREFIX}/crash/(\d+)/", Crash),
        (rf"/{PREFIX}/crash-in-body/(\d+)/", CrashInBody),
        (rf"/{PREFIX}/([\w-]+)/", Handled),
    ]


FRAMEWORKS = ["tornado"]
PLANTS = {"tornado.web": plant_application}
