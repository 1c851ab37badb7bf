"""Handlers of the kinds that projects have: none of them expects a client that lies."""

import asyncio
import json

from litestar import Request, WebSocket, get, post, websocket
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.handlers import websocket_listener
from litestar.params import Body
from litestar.response import Stream


@post("/board/json/")
async def json_body(request: Request) -> str:
    return type(await request.json()).__name__


@post("/board/loads/")
async def loads(request: Request) -> str:
    return type(json.loads(await request.body())).__name__


@post("/board/model/")
async def model(data: dict[str, object]) -> int:
    return len(data)


@post("/board/form/")
async def form(request: Request) -> int:
    return len(await request.form())


@post("/board/upload/")
async def upload(data: UploadFile = Body(media_type=RequestEncodingType.MULTI_PART)) -> int:
    return len(await data.read())


@get("/board/query/")
async def query(request: Request, page: int = 1) -> list[int]:
    return [len(request.query_params), len(request.cookies), len(str(request.url)), page % 7]


@get("/board/stream/")
async def stream() -> Stream:
    async def parts():
        for _ in range(40):
            yield b"x" * 65536
            await asyncio.sleep(0.002)

    return Stream(parts())


@get("/board/slow/")
async def slow() -> str:
    await asyncio.sleep(0.05)
    return "late"


@get("/board/number/{number:int}/")
async def number(number: int) -> int:
    return number % 7


@websocket("/board/ws/echo/")
async def ws_echo(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.send_text(await socket.receive_text())


@websocket("/board/ws/json/")
async def ws_json(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.send_json(await socket.receive_json())


@websocket("/board/ws/push/")
async def ws_push(socket: WebSocket) -> None:
    await socket.accept()
    for _ in range(20):
        await socket.send_text("tick")
        await asyncio.sleep(0.005)


@websocket_listener("/board/ws/listener/")
async def ws_listener(data: dict[str, str]) -> dict[str, str]:
    return data


HANDLERS = [
    json_body,
    loads,
    model,
    form,
    upload,
    query,
    stream,
    slow,
    number,
    ws_echo,
    ws_json,
    ws_push,
    ws_listener,
]
