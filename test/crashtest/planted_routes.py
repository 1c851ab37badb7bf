"""Asks every planted route of an application of argv[1]; prints what each one answers, and how the failing ones end."""

import asyncio
import os
import sys
import wsgiref.util

import sitecustomize  # noqa: F401

PREFIX = "/pycrash-verify-" + os.environ["PYCRASH_VERIFY_RUN"]
PATHS = {
    "ready": "ready",
    "slow": "slow",
    "missing": "missing",
    "forbidden": "forbidden",
    "suspicious": "suspicious",
    "too-many-fields": "too-many-fields",
    "invalid": "invalid",
    "no-such-page": "no-such-page",
    "crash elsewhere": "crash/1",
    "crash-in-body elsewhere": "crash-in-body/1",
    "crash-in-body": "crash-in-body/%d" % os.getpid(),
    "crash": "crash/%d" % os.getpid(),
}


def say(name, status, body, error=None):
    parts = [name + ":", str(status)]
    if b"the first part" in body:
        parts.append("first part")
    if "PlantedError" in repr(error):
        parts.append("PlantedError")
    print(*parts)


def ask_wsgi(app):
    for name, path in PATHS.items():
        environ = {"PATH_INFO": PREFIX + "/" + path + "/", "HTTP_X_REQUEST_ID": "r1"}
        wsgiref.util.setup_testing_defaults(environ)
        started, body, failed = [], [], None
        try:
            for part in app(environ, lambda status, headers, exc_info=None: started.append(status)):
                body.append(part)
        except Exception as error:
            failed = error
        say(name, started[0][:3] if started else None, b"".join(body), failed)


async def ask_asgi(app):
    for name, path in PATHS.items():
        statuses, body, failed = [], [], None

        async def receive():
            if not body:
                return {"type": "http.request", "body": b"", "more_body": False}
            await asyncio.sleep(60)

        async def send(message):
            if "status" in message:
                statuses.append(message["status"])
            body.append(message.get("body", b""))

        path = PREFIX + "/" + path + "/"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"x-request-id", b"r1"), (b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        try:
            await app(scope, receive, send)
        except Exception as error:
            failed = error
        say(name, statuses[0] if statuses else None, b"".join(body), failed)


async def ask_server(port):
    for name, path in PATHS.items():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = [f"GET {PREFIX}/{path}/ HTTP/1.1", "Host: localhost", "X-Request-ID: r1", "Connection: close"]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await reader.read()
        writer.close()
        say(name, answer.split()[1].decode(), answer)


def wsgi_application(framework):
    if framework == "falcon":
        import falcon

        return (falcon.App if hasattr(falcon, "App") else falcon.API)()
    if framework == "bottle":
        import bottle

        bottle.get("/<path:path>")(lambda path: "all")
        return bottle.default_app()
    if framework == "pyramid":
        from pyramid.config import Configurator

        config = Configurator()
        config.add_route("all", "/{path:.*}")
        return config.make_wsgi_app()
    return None


def asgi_application(framework):
    if framework == "falcon asgi":
        import falcon.asgi

        return falcon.asgi.App()
    from litestar import Litestar

    return Litestar([])


async def ask_aiohttp():
    from aiohttp import web

    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await ask_server(runner.addresses[0][1])
    await runner.cleanup()


async def ask_tornado():
    import tornado.httpserver
    import tornado.netutil
    import tornado.web

    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    app = tornado.web.Application([(r"/.*", tornado.web.RequestHandler)])
    tornado.httpserver.HTTPServer(app).add_sockets(sockets)
    await ask_server(sockets[0].getsockname()[1])


wanted = sys.argv[1]
if wanted == "aiohttp":
    asyncio.run(ask_aiohttp())
elif wanted == "tornado":
    asyncio.run(ask_tornado())
elif wanted in ("falcon asgi", "litestar"):
    asyncio.run(ask_asgi(asgi_application(wanted)))
else:
    ask_wsgi(wsgi_application(wanted))
