import contextlib

import abort_on_exception
import falcon
from asking import LostClient, asgi_case, malformed_body, wsgi_case

with contextlib.suppress(ImportError):  # Falcon 2 has no ASGI.
    import falcon.asgi


class Gone(Exception):
    pass


class Page:
    def __init__(self, respond):
        self.respond = respond

    def on_get(self, req, resp):
        self.respond(req, resp)

    on_post = on_get


class AsgiPage:
    def __init__(self, respond):
        self.respond = respond

    async def on_get(self, req, resp):
        self.respond(req, resp)

    async def on_websocket(self, req, ws):
        await ws.accept()
        if req.path == "/websocket_view":
            raise RuntimeError("websocket")
        await ws.receive_text()


def view(req, resp):
    raise RuntimeError("view")


def stream(req, resp):
    def body():
        yield b"a"
        raise RuntimeError("stream")

    resp.stream = body()


def async_stream(req, resp):
    async def body():
        yield b"a"
        raise RuntimeError("stream")

    resp.stream = body()


def serialize(req, resp):
    resp.media = object()


def http403(req, resp):
    raise falcon.HTTPForbidden


def http500(req, resp):
    raise falcon.HTTPInternalServerError


def status(req, resp):
    raise falcon.HTTPFound("/ok")


def upload(req, resp):
    req.bounded_stream.read()


def raw(req, resp):
    req.env["wsgi.input"].read()


def handled(req, resp):
    raise KeyError("handled")


def handled_502(req, resp):
    raise Gone("handled")


def leave(req, resp):
    raise SystemExit(3)


def ok(req, resp):
    resp.status = "200 OK"


def teapot(req, resp, error, params):
    resp.status = "418 Teapot"


def bad_gateway(req, resp, error, params):
    raise falcon.HTTPBadGateway


async def async_teapot(req, resp, error, params):
    resp.status = "418 Teapot"


async def async_bad_gateway(req, resp, error, params):
    raise falcon.HTTPBadGateway


def sorry(req, resp, error, params):
    resp.status = "500 Sorry"


class Failing:
    def process_request(self, req, resp):
        if req.path == "/middleware":
            raise RuntimeError("middleware")


class AsyncFailing:
    async def process_request(self, req, resp):
        if req.path == "/middleware":
            raise RuntimeError("middleware")


def wsgi_app(first=False):
    make = getattr(falcon, "App", None) or falcon.API
    app = make(middleware=[Failing()])
    if first:
        abort_on_exception.watch_falcon(app)
    for page in [
        view,
        stream,
        serialize,
        http403,
        http500,
        status,
        upload,
        raw,
        handled,
        handled_502,
        leave,
        ok,
    ]:
        app.add_route(f"/{page.__name__}", Page(page))
    app.add_error_handler(KeyError, teapot)
    app.add_error_handler(Gone, bad_gateway)
    return app if first else abort_on_exception.watch_falcon(app)


def asgi_app():
    app = falcon.asgi.App(middleware=[AsyncFailing()])
    abort_on_exception.watch_falcon_asgi(app)
    for page in [view, serialize, http403, http500, status, handled, handled_502, ok]:
        app.add_route(f"/{page.__name__}", AsgiPage(page))
    app.add_route("/stream", AsgiPage(async_stream))
    for name in ["websocket_view", "websocket_gone"]:
        app.add_route(f"/{name}", AsgiPage(ok))
    app.add_error_handler(KeyError, async_teapot)
    app.add_error_handler(Gone, async_bad_gateway)
    return app


def wsgi_cases():
    names = "view stream http403 http500 status handled handled_502 leave ok middleware missing".split()
    cases = {name: wsgi_case(wsgi_app(first=True), f"/{name}") for name in names}
    cases["serialize"] = wsgi_case(wsgi_app(), "/serialize")
    cases["lost client"] = wsgi_case(
        wsgi_app(), "/upload", LostClient(), "POST", CONTENT_LENGTH="10"
    )
    cases["malformed body"] = malformed_body(wsgi_app(), "/raw")
    with_500, with_418 = wsgi_app(), wsgi_app(first=True)
    with_500.add_error_handler(Exception, sorry)
    with_418.add_error_handler(Exception, teapot)
    cases["handler(Exception) with 500"] = wsgi_case(with_500, "/view")
    cases["handler(Exception) with 418"] = wsgi_case(with_418, "/view")

    def test_client(say):
        import falcon.testing

        result = falcon.testing.simulate_get(wsgi_app(), "/view")
        say(result.status[:3])

    cases["test client"] = test_client
    return cases


def asgi_cases():
    names = "view stream serialize http403 http500 status handled handled_502 ok middleware missing".split()
    cases = {name: asgi_case(asgi_app(), f"/{name}") for name in names}
    for name in ["websocket_view", "websocket_gone"]:
        cases[name] = asgi_case(asgi_app(), f"/{name}", "websocket")
    cases["lost client"] = asgi_case(asgi_app(), "/ok", fails=True)
    cases["lifespan"] = asgi_case(asgi_app(), "", "lifespan")

    def test_client(say):
        import falcon.testing

        result = falcon.testing.simulate_get(asgi_app(), "/view")
        say(result.status[:3])

    cases["test client"] = test_client
    return cases
