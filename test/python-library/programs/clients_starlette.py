"""`clients_starlette:app`: pages of Starlette, of any age, that clients.py asks for and leaves."""

import asyncio
import json

from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

import abort_on_exception


class Stamp(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response


async def ok(request):
    return PlainTextResponse("fine")


async def slow(request):
    await asyncio.sleep(0.5)
    return PlainTextResponse("late")


async def stream(request):
    async def body():
        for _ in range(200):
            yield b"x" * 65536
            await asyncio.sleep(0.01)

    return StreamingResponse(body())


async def upload(request):
    return PlainTextResponse(str(len(await request.body())))


async def form(request):
    return PlainTextResponse(str(len(await request.form())))


async def parsed(request):
    return PlainTextResponse(str(await request.json()))


async def loads(request):
    """As the framework's own method would."""
    return PlainTextResponse(str(json.loads((await request.body()).decode())))


async def query(request):
    return PlainTextResponse(str(json.loads(request.query_params["filter"])))


async def crash(request):
    raise RuntimeError("a bug")


async def late(request):
    async def work():
        raise RuntimeError("a bug after the answer")

    from starlette.background import BackgroundTask

    return PlainTextResponse("fine", background=BackgroundTask(work))


async def ws_push(ws):
    await ws.accept()
    for _ in range(40):
        await ws.send_text("tick")
        await asyncio.sleep(0.02)


async def ws_finally(ws):
    await ws.accept()
    try:
        while True:
            await ws.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        await ws.close()


async def ws_task(ws):
    """A reader and a writer."""
    await ws.accept()

    async def writer():
        while True:
            await ws.send_text("tick")
            await asyncio.sleep(0.02)

    task = asyncio.ensure_future(writer())
    try:
        while True:
            await ws.receive_text()
    except WebSocketDisconnect:
        await asyncio.sleep(0.3)
        task.cancel()


async def ws_both(ws):
    await ws.accept()

    async def reader():
        while True:
            await ws.receive_text()

    async def writer():
        while True:
            await ws.send_text("tick")
            await asyncio.sleep(0.02)

    await asyncio.gather(reader(), writer())


async def ws_json(ws):
    await ws.accept()
    await ws.send_json(await ws.receive_json())


async def ws_text(ws):
    await ws.accept()
    await ws.send_text(await ws.receive_text())


async def ws_loads(ws):
    await ws.accept()
    await ws.send_text(str(json.loads(await ws.receive_text())))


async def ws_again(ws):
    await ws.accept()
    for _ in range(50):
        try:
            await ws.receive_text()
        except Exception:
            await asyncio.sleep(0.01)
    await ws.receive_text()


class Endpoint(WebSocketEndpoint):
    encoding = "json"

    async def on_receive(self, websocket, data):
        await websocket.send_json(data)


async def only_http(scope, receive, send):
    assert scope["type"] == "http"
    await PlainTextResponse("fine")(scope, receive, send)


async def ws_crash(ws):
    await ws.accept()
    await ws.receive_text()
    raise RuntimeError("a bug")


pages = [ok, slow, stream, query, crash, late]
posts = [upload, form, parsed, loads]
sockets = [ws_push, ws_finally, ws_task, ws_both, ws_json, ws_text, ws_loads, ws_again, ws_crash]
app = Starlette(
    routes=[
        *(Route(f"/{page.__name__}", page) for page in pages),
        *(Route(f"/{page.__name__}", page, methods=["POST"]) for page in posts),
        *(WebSocketRoute(f"/{socket.__name__}", socket) for socket in sockets),
        WebSocketRoute("/ws_endpoint", Endpoint),
        Mount("/only_http", only_http),
        Mount("/", StaticFiles(directory=".", html=True)),
    ],
    middleware=[Middleware(Stamp), Middleware(Stamp)],
)
abort_on_exception.watch_starlette(app)
