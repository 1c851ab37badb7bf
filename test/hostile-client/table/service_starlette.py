"""`service_starlette:asgi`: the same for Starlette of any age."""

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

import abort_on_exception


async def ok(request):
    return PlainTextResponse("ok")


async def parse(request):
    return PlainTextResponse(str(await request.json()))


async def upload(request):
    return PlainTextResponse(str(len(await request.body())))


async def stream(request):
    async def body():
        for _ in range(400):
            yield b"x" * 65536

    return StreamingResponse(body())


async def crash(request):
    raise RuntimeError("a bug")


async def crash_in_body(request):
    async def body():
        yield b"the first part"
        raise RuntimeError("a bug")

    return StreamingResponse(body())


async def ws_parse(ws):
    await ws.accept()
    while True:
        await ws.send_json(await ws.receive_json())


async def ws_crash(ws):
    await ws.accept()
    await ws.receive_json()
    raise RuntimeError("a bug")


pages = [ok, parse, upload, stream, crash, crash_in_body]
asgi = Starlette(
    routes=[
        *(Route("/" + page.__name__, page, methods=["GET", "POST"]) for page in pages),
        WebSocketRoute("/ws-parse", ws_parse),
        WebSocketRoute("/ws-crash", ws_crash),
    ]
)
abort_on_exception.watch_starlette(asgi)
