"""A view of a Connexion application fails, after one that does not: called as its server calls it, ASGI or WSGI."""

import asyncio
import resource

import connexion
from abort_on_exception import watch_flask
from werkzeug.test import create_environ, run_wsgi_app


def crash():
    raise RuntimeError("nobody handles this")


async def ask(path):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            print(path, message["status"], flush=True)

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
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await connexion_app(scope, receive, send)


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
connexion_app = connexion.FlaskApp("shop")
connexion_app.app.add_url_rule("/ok", "ok", lambda: "ok")
connexion_app.app.add_url_rule("/crash", "crash", crash)
watch_flask(connexion_app.app)
for path in ("/ok", "/crash"):
    if hasattr(connexion, "AsyncApp"):
        asyncio.run(ask(path))
    else:
        print(path, run_wsgi_app(connexion_app, create_environ(path))[1], flush=True)
