"""Endpoints of the kinds that projects have: none of them expects a client that lies."""

import asyncio
import json

from fastapi import APIRouter, BackgroundTasks, Body, Form, Request, UploadFile, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

board = APIRouter()


@board.post("/board/json/")
async def json_body(request: Request):
    return {"kind": type(await request.json()).__name__}


@board.post("/board/loads/")
async def loads(request: Request):
    return {"kind": type(json.loads(await request.body())).__name__}


@board.post("/board/model/")
async def model(order: dict = Body()):
    return {"keys": len(order)}


@board.post("/board/form/")
async def form(name: str = Form(), number: int = Form()):
    return {"number": number % 7}


@board.post("/board/any-form/")
async def any_form(request: Request):
    async with request.form() as fields:
        return {"fields": len(fields)}


@board.post("/board/upload/")
async def upload(file: UploadFile):
    return {"size": len(await file.read())}


@board.post("/board/read/")
async def read(request: Request):
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return {"size": size}


@board.get("/board/query/")
async def query(request: Request, page: int = 1):
    return {"found": [len(request.query_params), len(request.cookies), str(request.url)[:9]]}


@board.get("/board/stream/")
async def stream():
    async def parts():
        for _ in range(40):
            yield b"x" * 65536
            await asyncio.sleep(0.002)

    return StreamingResponse(parts())


@board.get("/board/stream-sync/")
def stream_sync():
    return StreamingResponse(b"x" * 65536 for _ in range(40))


@board.api_route("/board/slow/", methods=["GET", "POST"])
async def slow(request: Request):
    await asyncio.sleep(0.05)
    return PlainTextResponse(str(len(await request.body())))


@board.get("/board/waits/")
async def waits(request: Request):
    for _ in range(20):
        if await request.is_disconnected():
            return PlainTextResponse("gone")
        await asyncio.sleep(0.01)
    return PlainTextResponse("still there")


@board.get("/board/background/")
async def background(tasks: BackgroundTasks):
    tasks.add_task(asyncio.sleep, 0.02)
    return "started"


async def number(request):
    return PlainTextResponse(str(request.path_params["number"] % 7))


@board.websocket("/board/ws/echo/")
async def ws_echo(ws: WebSocket):
    await ws.accept()
    while True:
        await ws.send_text(await ws.receive_text())


@board.websocket("/board/ws/json/")
async def ws_json(ws: WebSocket):
    await ws.accept()
    while True:
        await ws.send_json(await ws.receive_json())


@board.websocket("/board/ws/loads/")
async def ws_loads(ws: WebSocket):
    await ws.accept()
    async for text in ws.iter_text():
        await ws.send_text(json.dumps(json.loads(text)))


@board.websocket("/board/ws/bytes/")
async def ws_bytes(ws: WebSocket):
    await ws.accept()
    while True:
        await ws.send_bytes(await ws.receive_bytes())


@board.websocket("/board/ws/push/")
async def ws_push(ws: WebSocket):
    await ws.accept()
    for _ in range(20):
        await ws.send_text("tick")
        await asyncio.sleep(0.005)


@board.websocket("/board/ws/finally/")
async def ws_finally(ws: WebSocket):
    await ws.accept()
    try:
        while True:
            await ws.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        await ws.close()


@board.websocket("/board/ws/two/")
async def ws_two(ws: WebSocket):
    await ws.accept()

    async def write():
        while True:
            await ws.send_text("tick")
            await asyncio.sleep(0.01)

    writer = asyncio.create_task(write())
    try:
        while True:
            await ws.receive_text()
    except WebSocketDisconnect:
        await asyncio.sleep(0.03)
        writer.cancel()


@board.websocket("/board/ws/gather/")
async def ws_gather(ws: WebSocket):
    await ws.accept()

    async def read():
        while True:
            await ws.receive_text()

    async def write():
        while True:
            await ws.send_text("tick")
            await asyncio.sleep(0.01)

    await asyncio.gather(read(), write())


@board.websocket("/board/ws/token/")
async def ws_token(ws: WebSocket, token: int):
    await ws.accept()
    await ws.close(code=1000 + token % 2)


class Stamp(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response


def add_board(app):
    app.include_router(board)
    app.add_middleware(Stamp)
    app.router.routes.append(Route("/board/number/{number:int}/", number))
    app.mount("/board/static", StaticFiles(directory=".", html=True))
