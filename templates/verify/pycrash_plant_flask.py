"""What `pycrash verify` plants in Flask: its routes in every application, and a note that one was made."""

import json
import os
import time
from importlib.metadata import version

from pycrash_planted import HANDLED, PREFIX, price
from pycrash_planting import write_down_application


def plant_application(flask):
    make, preprocess = flask.Flask.__init__, flask.Flask.preprocess_request

    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)
        add_routes(self)
        facts = {"handled": [*HANDLED], "parses": ["parse"], "debug": self.debug}
        write_down_application("Flask", version("flask"), **facts)

    def preprocess_request(self):
        from flask import request

        # what asks for a login does so before the view is called
        if request.path.startswith("/" + PREFIX):
            return None
        return preprocess(self)

    flask.Flask.__init__ = __init__
    flask.Flask.preprocess_request = preprocess_request


def add_routes(app):
    from flask import Response, abort, request

    def ready():
        return {"pid": os.getpid(), "debug": app.debug}

    def slow():
        time.sleep(0.1)
        return {"pid": os.getpid()}

    def handled(name):
        abort(HANDLED.get(name, 404))

    def parse():
        """What a client sends, parsed without a thought of a client that lies."""
        fields = len(request.args) + len(request.form) + len(request.files)
        return {"fields": fields, "is_list": request.is_json and isinstance(json.loads(request.get_data()), list)}

    def crash(pid):
        """Fails in the process with that pid only, so that each worker can be had in turn."""
        if os.getpid() != pid:
            # keeps this worker busy, so that the next connection goes to another one
            time.sleep(0.02)
            return "", 409
        return price(request.headers["X-Request-ID"])

    def crash_in_body(pid):
        if os.getpid() != pid:
            time.sleep(0.02)
            return "", 409
        return Response(body(request.headers["X-Request-ID"]))

    def body(request_id):
        yield b"the first part\n"
        yield price(request_id)

    for rule, view in (
        ("ready/", ready),
        ("slow/", slow),
        ("<name>/", handled),
        ("crash/<int:pid>/", crash),
        ("crash-in-body/<int:pid>/", crash_in_body),
    ):
        app.add_url_rule(f"/{PREFIX}/{rule}", PREFIX + "-" + view.__name__, view)
    app.add_url_rule(f"/{PREFIX}/parse/", PREFIX + "-parse", parse, methods=["GET", "POST"])


FRAMEWORKS = ["flask"]
PLANTS = {"flask.app": plant_application}
