"""Run each case in a process of its own; print {case: [aborted, status]} as JSON."""

import asyncio
import importlib
import io
import json
import os
import resource
import sys

import asking

FRAMEWORK = sys.argv[1]


def in_process(case):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            case(lambda text: os.write(writing, f"{text}\n".encode()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read().split()
    _, ended = os.waitpid(child, 0)
    return [os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == 6, said[0] if said else ""]


def flask_cases():
    import flask

    from abort_on_exception import watch_flask

    def make(**config):
        app = flask.Flask("behaviour")
        app.config.update(config)
        watch_flask(app)  # First, as where the object is at module level.

        @app.route("/view")
        def view():
            raise RuntimeError("view")

        @app.route("/none")
        def none():
            return None

        @app.route("/stream")
        def stream():
            def body():
                yield b"a"
                raise RuntimeError("stream")

            return flask.Response(body())

        @app.route("/abort403")
        def abort403():
            flask.abort(403)

        @app.route("/abort500")
        def abort500():
            flask.abort(500)

        @app.route("/handled")
        def handled():
            raise KeyError("handled")

        @app.route("/bad-key")
        def bad_key():
            return flask.request.form["missing"]

        @app.route("/ok")
        def ok():
            return "fine"

        @app.route("/upload", methods=["POST"])
        def upload():
            return flask.request.get_data()

        @app.route("/teardown")
        def teardown():
            flask.g.fail = True
            return "fine"

        @app.route("/exit")
        def leave():
            raise SystemExit(3)

        @app.teardown_request
        def failing(error):
            if flask.g.get("fail"):
                raise RuntimeError("teardown")

        @app.before_request
        def before():
            if flask.request.path == "/before":
                raise RuntimeError("before")

        app.register_error_handler(KeyError, lambda error: ("handled", 418))
        return app

    def ask(app, path):
        def case(say):
            def start_response(status, headers, exc_info=None):
                say(status[:3])

            body = app.wsgi_app(
                {
                    "REQUEST_METHOD": "GET",
                    "PATH_INFO": path,
                    "SERVER_NAME": "localhost",
                    "SERVER_PORT": "80",
                    "wsgi.input": io.BytesIO(),
                    "wsgi.errors": sys.stderr,
                    "wsgi.url_scheme": "http",
                },
                start_response,
            )
            for _ in body:
                pass
            if hasattr(body, "close"):
                body.close()

        return case

    app = make()
    cases = {
        name: ask(app, f"/{name}")
        for name in "view none stream abort403 abort500 handled bad-key ok teardown exit before missing".split()
    }
    cases["lost client"] = asking.wsgi_case(
        make().wsgi_app, "/upload", asking.LostClient(), "POST", CONTENT_LENGTH="10"
    )
    cases["malformed body"] = asking.malformed_body(make().wsgi_app, "/upload")
    with_500 = make()
    with_500.register_error_handler(500, lambda error: ("sorry", 500))
    cases["errorhandler(500)"] = ask(with_500, "/view")
    catch_all = make()
    catch_all.register_error_handler(Exception, lambda error: ("sorry", 500))
    cases["errorhandler(Exception)"] = ask(catch_all, "/view")
    cases["PROPAGATE_EXCEPTIONS"] = ask(make(PROPAGATE_EXCEPTIONS=True), "/view")
    cases["TESTING"] = ask(make(TESTING=True), "/view")
    answers_200 = make()
    answers_200.register_error_handler(500, lambda error: ("sorry", 200))
    cases["errorhandler(500) with 200"] = ask(answers_200, "/view")

    def under_tests(say):
        os.environ["PYCRASH_UNDER_TESTS"] = "1"
        ask(make(TESTING=True), "/view")(say)

    cases["TESTING, UNDER_TESTS"] = under_tests
    cases["DEBUG"] = ask(make(DEBUG=True), "/view")
    return cases


def scope_of(path, kind="http", client="127.0.0.1"):
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": (client, 1),
        "server": ("localhost", 80),
    }


def starlette_cases(make_app):
    from starlette.background import BackgroundTask
    from starlette.exceptions import HTTPException
    from starlette.responses import PlainTextResponse, StreamingResponse

    def fail(*args):
        raise RuntimeError("background")

    async def view(request):
        raise RuntimeError("view")

    def sync(request):
        raise RuntimeError("sync view")

    async def stream(request):
        async def body():
            yield b"a"
            raise RuntimeError("stream")

        return StreamingResponse(body())

    async def background(request):
        return PlainTextResponse("fine", background=BackgroundTask(fail))

    async def http403(request):
        raise HTTPException(403)

    async def handled(request):
        raise KeyError("handled")

    async def ok(request):
        return PlainTextResponse("fine")

    async def websocket_view(websocket):
        await websocket.accept()
        raise RuntimeError("websocket")

    async def websocket_gone(websocket):
        await websocket.accept()
        await websocket.receive_text()

    pages = [view, sync, stream, background, http403, handled, ok]
    sockets = [websocket_view, websocket_gone]

    def make(**options):
        app = make_app(pages, sockets, options)

        async def teapot(request, error):
            return PlainTextResponse("handled", 418)

        app.add_exception_handler(KeyError, teapot)
        return app

    def ask(app, path, kind="http", client="127.0.0.1"):
        scope = scope_of(path, kind, client)
        if kind == "lifespan":
            scope = {"type": kind, "asgi": {"version": "3.0"}}

        def case(say):
            first = [
                {"type": "websocket.connect"}
                if kind == "websocket"
                else {"type": f"{kind}.startup"}
                if kind == "lifespan"
                else {"type": "http.request", "body": b"", "more_body": False}
            ]

            async def receive():
                if first:
                    return first.pop()
                if kind == "http":
                    await asyncio.sleep(60)
                if kind == "lifespan":
                    return {"type": "lifespan.shutdown"}
                return {"type": f"{kind}.disconnect", "code": 1001}

            async def send(message):
                if message["type"] == "http.response.start":
                    say(message["status"])

            asyncio.run(app(scope, receive, send))

        return case

    cases = {page.__name__: ask(make(), f"/{page.__name__}") for page in pages}
    cases["missing"] = ask(make(), "/missing")
    for socket in sockets:
        cases[socket.__name__] = ask(make(), f"/{socket.__name__}", "websocket")
    cases["lifespan"] = ask(make(), "", "lifespan")

    async def user(request):
        request["user"]  # Set by a middleware that is not there.

    cases["user"] = ask(make_app([user], [], {}), "/user")
    cases["DEBUG"] = ask(make(debug=True), "/view")

    async def sorry(request, error):
        return PlainTextResponse("sorry", 500)

    answered = make()
    answered.add_exception_handler(Exception, sorry)
    cases["exception_handler(Exception)"] = ask(answered, "/view")

    def test_client(say):
        import starlette.testclient  # noqa: F401

        ask(make(), "/view", client="testclient")(say)

    try:
        import httpx  # noqa: F401
    except ImportError:
        return cases
    cases["test client"] = test_client
    return cases


def starlette_app(pages, sockets, options):
    from starlette.applications import Starlette
    from starlette.routing import Route, WebSocketRoute

    from abort_on_exception import watch_starlette

    routes = [Route(f"/{page.__name__}", page) for page in pages]
    routes += [WebSocketRoute(f"/{socket.__name__}", socket) for socket in sockets]
    app = Starlette(routes=routes, **options)
    watch_starlette(app)
    return app


def fastapi_cases():
    import fastapi
    from starlette.routing import WebSocketRoute

    from abort_on_exception import watch_starlette

    def make_app(pages, sockets, options):
        app = fastapi.FastAPI(**options)
        watch_starlette(app)
        for page in pages:
            app.add_route(f"/{page.__name__}", page)
        for socket in sockets:
            app.router.routes.append(WebSocketRoute(f"/{socket.__name__}", socket))

        @app.get("/typed/{number}")
        async def typed(number: int):
            return number

        @app.get("/endpoint")
        async def endpoint():
            raise RuntimeError("endpoint")

        def session():
            yield 1
            raise RuntimeError("dependency")

        @app.get("/dependency")
        def with_session(one=fastapi.Depends(session)):
            return one

        return app

    cases = starlette_cases(make_app)
    cases["validation 422"] = by_path(make_app, "/typed/word")
    cases["endpoint"] = by_path(make_app, "/endpoint")
    cases["dependency teardown"] = by_path(make_app, "/dependency")
    return cases


def by_path(make_app, path):
    app = make_app([], [], {})

    def case(say):
        scope = scope_of(path)
        first = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive():
            if not first:
                await asyncio.sleep(60)
            return first.pop()

        async def send(message):
            if message["type"] == "http.response.start":
                say(message["status"])

        asyncio.run(app(scope, receive, send))

    return case


CASES = {
    "flask": flask_cases,
    "flask extensions": lambda: importlib.import_module("flask_extensions").cases(),
    "starlette": lambda: starlette_cases(starlette_app),
    "fastapi": fastapi_cases,
    "falcon": lambda: importlib.import_module("falcon_cases").wsgi_cases(),
    "bottle": lambda: importlib.import_module("bottle_cases").cases(),
    "aiohttp": lambda: importlib.import_module("aiohttp_cases").cases(),
    "tornado": lambda: importlib.import_module("tornado_cases").cases(),
    "litestar": lambda: importlib.import_module("litestar_cases").cases(),
    "pyramid": lambda: importlib.import_module("pyramid_cases").cases(),
    "wsgi": lambda: importlib.import_module("callable_cases").wsgi_cases(),
    "asgi": lambda: importlib.import_module("callable_cases").asgi_cases(),
    "celery": lambda: importlib.import_module("celery_cases").cases(),
    "dramatiq": lambda: importlib.import_module("dramatiq_cases").cases(),
    "rq": lambda: importlib.import_module("rq_cases").cases(),
    "falcon asgi": lambda: importlib.import_module("falcon_cases").asgi_cases(),
}
print(json.dumps({name: in_process(case) for name, case in CASES[FRAMEWORK]().items()}))
