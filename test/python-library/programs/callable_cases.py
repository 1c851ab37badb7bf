"""WSGI and ASGI callables without a framework, as frameworks_behaviour.py runs them."""

import os
import sys

import asking


def start(start_response, status="200 OK"):
    start_response(status, [("Content-Type", "text/plain")])


def application(environ, start_response):
    page = environ["PATH_INFO"].strip("/")
    if page == "view":
        raise RuntimeError("view")
    if page == "leave":
        sys.exit(3)
    if page == "handled":
        try:
            raise KeyError("handled")
        except KeyError:
            start(start_response, "418 handled")
            return [b""]
    if page == "stream":
        start(start_response)
        return stream()
    if page == "close":
        start(start_response)
        return Closing()
    if page == "upload":
        start(start_response)
        return [environ["wsgi.input"].read()]
    start(start_response, "200 OK" if page == "ok" else "404 Not Found")
    return [b""]


def stream():
    yield b"a"
    raise RuntimeError("stream")


class Closing:
    def __iter__(self):
        return iter([b"a"])

    def close(self):
        raise RuntimeError("close")


class Served:
    """A class that the server calls itself: its object is the body."""

    def __init__(self, environ, start_response):
        self.start, self.environ = start_response, environ

    def __iter__(self):
        start(self.start)
        yield b"a"
        if self.environ["PATH_INFO"] == "/view":
            raise RuntimeError("view")


class Site:
    name = "the site"

    def __call__(self, environ, start_response):
        return application(environ, start_response)


def wsgi_cases():
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from werkzeug.middleware.proxy_fix import ProxyFix

    from abort_on_exception import wrap_wsgi

    app = wrap_wsgi(application)
    pages = ["view", "leave", "handled", "stream", "close", "ok", "missing"]
    cases = {page: asking.wsgi_case(app, f"/{page}") for page in pages}
    cases["lost client"] = asking.wsgi_case(
        app, "/upload", asking.LostClient(), "POST", CONTENT_LENGTH="10"
    )
    cases["malformed body"] = asking.malformed_body(app, "/upload")
    site, served = wrap_wsgi(Site()), wrap_wsgi(Served)
    cases["object"] = asking.wsgi_case(site, "/view")
    cases["class"] = asking.wsgi_case(served, "/view")
    cases["class ok"] = asking.wsgi_case(served, "/ok")
    cases["wrapped twice"] = asking.wsgi_case(wrap_wsgi(app), "/ok")
    proxied = wrap_wsgi(ProxyFix(application))
    cases["ProxyFix"] = asking.wsgi_case(proxied, "/view")
    both = wrap_wsgi(DispatcherMiddleware(application, {"/site": Site()}))
    cases["DispatcherMiddleware"] = asking.wsgi_case(both, "/site/view")

    def attributes(say):
        site.kept = "kept"
        inner = site._application
        say(f"{site.name == 'the site' and inner.kept == 'kept' and app.__name__}")

    cases["attributes"] = attributes

    def under_pytest(say):
        os.environ["PYTEST_CURRENT_TEST"] = "it"
        asking.wsgi_case(app, "/view")(say)

    cases["pytest"] = under_pytest
    return cases


async def asgi_application(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError("lifespan")
    if scope["type"] == "websocket":
        event = await receive()
        if scope["path"] == "/refuses":
            event["body"]
        if scope["path"] == "/before":
            event["type"] + 1
        await send({"type": "websocket.accept"})
        raise RuntimeError("websocket")
    if scope["path"] == "/view":
        raise RuntimeError("view")
    status = 200 if scope["path"] == "/ok" else 404
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})
    if scope["path"] == "/after":
        raise RuntimeError("after")


class AsgiSite:
    name = "the site"

    async def __call__(self, scope, receive, send):
        await asgi_application(scope, receive, send)


def asgi_cases():
    import inspect

    from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

    from abort_on_exception import wrap_asgi

    app, site = wrap_asgi(asgi_application), wrap_asgi(AsgiSite())
    cases = {page: asking.asgi_case(app, f"/{page}") for page in ["view", "after", "ok", "missing"]}
    cases["websocket"] = asking.asgi_case(app, "/", "websocket")
    cases["before accept"] = asking.asgi_case(app, "/before", "websocket")
    cases["only HTTP"] = asking.asgi_case(app, "/refuses", "websocket")
    cases["lifespan"] = asking.asgi_case(app, "", "lifespan")
    cases["lost client"] = asking.asgi_case(app, "/ok", fails=True)
    cases["object"] = asking.asgi_case(site, "/view")
    sentry = wrap_asgi(SentryAsgiMiddleware(asgi_application))
    cases["SentryAsgiMiddleware"] = asking.asgi_case(sentry, "/view")

    def attributes(say):
        # How uvicorn and asgiref tell an application of ASGI 3.
        calls = inspect.iscoroutinefunction(app) and inspect.iscoroutinefunction(site.__call__)
        say(f"{calls and site.name == 'the site'}")

    cases["attributes"] = attributes
    return cases
