"""Cases that ask an application for one page, as frameworks_behaviour.py runs them."""

import asyncio
import io
import os
import sys


def wsgi_case(app, path, body=None, method="GET", **environ):
    def case(say):
        def start_response(status, headers, exc_info=None):
            say(status[:3])

        answer = app(
            {
                "REQUEST_METHOD": method,
                "PATH_INFO": path,
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "wsgi.input": body or io.BytesIO(),
                "wsgi.errors": sys.stderr,
                "wsgi.url_scheme": "http",
                **environ,
            },
            start_response,
        )
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()

    return case


class LostClient:
    """A wsgi.input whose client has reset its connection, or sent no proper HTTP."""

    def __init__(self, error=None):
        self.error = error or ConnectionResetError("reset by peer")

    def read(self, *size):
        raise self.error

    readline = read


def malformed_body(app, path):
    """A chunk that is none, as gunicorn says it: an OSError up to 23, its own class later."""
    from gunicorn.http.errors import InvalidChunkSize

    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    return wsgi_case(app, path, LostClient(InvalidChunkSize(b"zz")), "POST", **chunked)


def asgi_case(app, path, kind="http", server="localhost", fails=False):
    scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": (server, 80),
    }
    if kind == "websocket":
        del scope["method"]
        scope["subprotocols"] = []
    if kind == "lifespan":
        scope = {"type": kind, "asgi": {"version": "3.0"}}

    def case(say):
        first = [
            {"type": "http.request", "body": b"", "more_body": False}
            if kind == "http"
            else {"type": f"{kind}.startup" if kind == "lifespan" else f"{kind}.connect"}
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
            if fails:
                raise OSError("the client has gone")
            if message["type"] == "http.response.start":
                say(message["status"])

        asyncio.run(app(scope, receive, send))

    return case


GET = "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
UPLOAD = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"
GZIP = UPLOAD.replace("Length", "Encoding: gzip\r\nContent-Length").replace("abc", "")
TOKEN = "token-of-the-test-0123456789-0123456789"
CRASH_ROUTE = f"POST {{}} HTTP/1.1\r\nHost: localhost\r\nX-Pycrash-Token: {TOKEN}\r\nContent-Length: 0\r\n\r\n"
WEBSOCKET = (
    "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def with_crash_route(case, token=TOKEN):
    """The crash route of `pycrash verify --attach`, enabled in the environment."""

    def enabled(say):
        os.environ.update(PYCRASH_CRASH_ROUTE="/crash-route", PYCRASH_CRASH_TOKEN=token)
        case(say)

    return enabled


async def ask(port, path, text=GET):
    """Return the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.format(path).encode())
    line = await reader.readline()
    if text == GET:
        await reader.read()
    writer.close()
    return line.split()[1].decode() if line else ""


async def ask_and_leave(port, path, text, seen, then=""):
    """Reset the connection once the handler runs, or send more; wait until it has ended."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.format(path).encode())
    await seen["started"].wait()
    if then:
        writer.write(then.encode())
    else:
        writer.transport.abort()
    await asyncio.wait_for(seen["ended"].wait(), 60)
    return await ask(port, "/ok")
