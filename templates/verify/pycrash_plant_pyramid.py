"""What `pycrash verify` plants in Pyramid: its routes before an application's own, and a note that one was made."""

import os
import time
from importlib.metadata import version

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_configurator(module):
    make = module.Configurator.make_wsgi_app

    def make_wsgi_app(self):
        # what the application configures is complete
        self.commit()
        add_routes(self)
        app = make(self)
        settings = self.registry.settings
        debug = bool(settings.get("debug_all") or settings.get("reload_templates"))
        write_down_application("Pyramid", version("pyramid"), handled=[*HANDLED], debug=debug)
        return app

    module.Configurator.make_wsgi_app = make_wsgi_app


def add_routes(config):
    from pyramid.httpexceptions import exception_response
    from pyramid.interfaces import IRoutesMapper
    from pyramid.response import Response
    from pyramid.security import NO_PERMISSION_REQUIRED
    from pyramid.traversal import DefaultRootFactory

    def ready(request):
        return Response(json_body={"pid": os.getpid()})

    def slow(request):
        time.sleep(0.1)
        return Response(json_body={"pid": os.getpid()})

    def handled(request):
        raise exception_response(HANDLED.get(request.matchdict["name"], 404))

    def crash(request):
        """Fails in the process with that pid only, so that each worker can be had in turn."""
        if os.getpid() != int(request.matchdict["pid"]):
            # keeps this worker busy, so that the next connection goes to another one
            time.sleep(0.02)
            return Response(status=409)
        return Response(json_body=price(request.headers["X-Request-ID"]))

    def crash_in_body(request):
        if os.getpid() != int(request.matchdict["pid"]):
            time.sleep(0.02)
            return Response(status=409)
        return Response(app_iter=body(request.headers["X-Request-ID"]))

    def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    for pattern, view in (
        ("ready/", ready),
        ("slow/", slow),
        (r"crash/{pid:\d+}/", crash),
        (r"crash-in-body/{pid:\d+}/", crash_in_body),
        ("{name}/", handled),
    ):
        name = PREFIX + "-" + view.__name__
        # neither the application's root, which may be in a database, nor its default permission
        config.add_route(name, f"/{PREFIX}/{pattern}", factory=DefaultRootFactory)
        config.add_view(view, route_name=name, permission=NO_PERMISSION_REQUIRED)
    config.commit()
    # the first one that matches is taken, and an application may have one that matches everything
    routes = config.registry.getUtility(IRoutesMapper).routelist
    routes.sort(key=lambda route: not route.name.startswith(PREFIX))


FRAMEWORKS = ["pyramid"]
PLANTS = {"pyramid.config": plant_configurator}
