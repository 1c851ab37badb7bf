import abort_on_exception
import bottle
from asking import LostClient, malformed_body, wsgi_case


def make(**config):
    app = bottle.Bottle(**config)
    abort_on_exception.watch_bottle(app)

    @app.route("/view")
    def view():
        raise RuntimeError("view")

    @app.route("/number")
    def number():
        return 5

    @app.route("/stream")
    def stream():
        yield b"a"
        raise RuntimeError("stream")

    @app.route("/first")
    def first():
        raise RuntimeError("before the first part")
        yield b"a"

    @app.route("/http403")
    def http403():
        bottle.abort(403)

    @app.route("/http500")
    def http500():
        raise bottle.HTTPError(500, "sorry", KeyError("mine"))

    @app.route("/redirect")
    def redirect():
        bottle.redirect("/ok")

    @app.route("/upload", method="POST")
    def upload():
        return bottle.request.body.read()

    @app.route("/raw", method="POST")
    def raw():
        return bottle.request.environ["wsgi.input"].read()

    @app.route("/leave")
    def leave():
        raise SystemExit(3)

    @app.route("/ok")
    def ok():
        return "fine"

    @app.hook("before_request")
    def before():
        if bottle.request.path == "/before":
            raise RuntimeError("before")

    return app


def cases():
    names = "view number stream first http403 http500 redirect leave ok before missing".split()
    cases = {name: wsgi_case(make(), f"/{name}") for name in names}
    cases["lost client"] = wsgi_case(
        make(), "/upload", LostClient(), "POST", CONTENT_LENGTH="10"
    )
    cases["malformed body"] = malformed_body(make(), "/raw")
    with_500, broken_500 = make(), make()
    with_500.error(500)(lambda error: "sorry")
    broken_500.error(404)(lambda error: 1 / 0)
    cases["error(500)"] = wsgi_case(with_500, "/view")
    cases["error(404) fails"] = wsgi_case(broken_500, "/missing")
    cases["catchall=False"] = wsgi_case(make(catchall=False), "/view")

    def teapot(callback):
        def catching(*args, **kwargs):
            try:
                return callback(*args, **kwargs)
            except RuntimeError:
                raise bottle.HTTPResponse("handled", 418)

        return catching

    handled = make()
    handled.install(teapot)
    cases["plugin handles"] = wsgi_case(handled, "/view")
    outer = make()
    outer.mount("/inner", make())
    cases["mounted with its own call"] = wsgi_case(outer, "/inner/view")
    default = bottle.default_app()
    abort_on_exception.watch_bottle()
    abort_on_exception.watch_bottle(default)
    default.route("/view", callback=lambda: 1 / 0)
    cases["default_app"] = wsgi_case(default, "/view")

    def debug(say):
        bottle.debug(True)
        wsgi_case(make(), "/view")(say)

    cases["debug"] = debug
    return cases
