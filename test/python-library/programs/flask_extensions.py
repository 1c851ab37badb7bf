"""Extensions of Flask that answer every exception, as frameworks_behaviour.py runs them."""

import asking
import flask

from abort_on_exception import watch_flask


class Expected(Exception):
    pass


def fail():
    raise RuntimeError("order 17 has no lines")


def restful_cases():
    import flask_restful

    app = flask.Flask("restful")
    watch_flask(app)
    api = flask_restful.Api(app, errors={"Expected": {"message": "no", "status": 418}})
    return cases_of(app, api, flask_restful, "restful")


def restx_cases():
    import flask_restx

    app = flask.Flask("restx")
    api = flask_restx.Api(app)
    watch_flask(app)

    @api.errorhandler(Expected)
    def expected(error):
        return {"message": "no"}, 418

    return cases_of(app, api, flask_restx, "restx")


def cases_of(app, api, extension, name):
    class Crash(extension.Resource):
        def get(self):
            fail()

    class Handled(extension.Resource):
        def get(self):
            raise Expected("so it is")

    class Missing(extension.Resource):
        def get(self):
            extension.abort(404)

    class Broken(extension.Resource):
        def get(self):
            extension.abort(500)

    for resource in (Crash, Handled, Missing, Broken):
        api.add_resource(resource, f"/{resource.__name__.lower()}")
    app.add_url_rule("/view", "view", fail)
    return {
        f"{name} {page}": asking.wsgi_case(app.wsgi_app, f"/{page}")
        for page in ("crash", "handled", "missing", "broken", "view")
    }


def cases():
    return {**restful_cases(), **restx_cases()}
