"""What `pycrash verify` plants in Bottle: its routes before an application's first one, and a note of it."""

import os
import time

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_application(bottle):
    add_route, trigger_hook = bottle.Bottle.add_route, bottle.Bottle.trigger_hook

    def watched_add_route(self, route):
        # not when it is made: the import of Bottle makes an application that may get no route at all
        if "pycrash_is_planted" not in vars(self):
            vars(self)["pycrash_is_planted"] = True
            add_routes(bottle, self)
            write_down_application("Bottle", bottle.__version__, handled=[*HANDLED], debug=bool(bottle.DEBUG))
        return add_route(self, route)

    def watched_trigger_hook(self, name, *args, **kwargs):
        # what asks for a login does so before the route is called
        if name == "before_request" and bottle.request.path.startswith("/" + PREFIX):
            return []
        return trigger_hook(self, name, *args, **kwargs)

    bottle.Bottle.add_route = watched_add_route
    bottle.Bottle.trigger_hook = watched_trigger_hook


def add_routes(bottle, app):
    def ready():
        return {"pid": os.getpid(), "debug": bool(bottle.DEBUG)}

    def slow():
        time.sleep(0.1)
        return {"pid": os.getpid()}

    def handled(name):
        bottle.abort(HANDLED.get(name, 404))

    def crash(pid):
        """Fails in the process with that pid only, so that each worker can be had in turn."""
        if os.getpid() != pid:
            # keeps this worker busy, so that the next connection goes to another one
            time.sleep(0.02)
            bottle.response.status = 409
            return ""
        return price(bottle.request.headers["X-Request-ID"])

    def crash_in_body(pid):
        if os.getpid() != pid:
            time.sleep(0.02)
            bottle.response.status = 409
            return ""
        return body(bottle.request.headers["X-Request-ID"])

    def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    for rule, callback in (
        ("ready/", ready),
        ("slow/", slow),
        ("crash/<pid:int>/", crash),
        ("crash-in-body/<pid:int>/", crash_in_body),
        ("<name>/", handled),
    ):
        app.route(f"/{PREFIX}/{rule}", callback=callback)


FRAMEWORKS = ["bottle"]
PLANTS = {"bottle": plant_application}
