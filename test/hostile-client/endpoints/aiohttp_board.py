"""Handlers of the kinds that projects have: none of them expects a client that lies."""

import asyncio
import json

from aiohttp import WSMsgType, web

board = web.RouteTableDef()


@board.post("/board/json/")
async def json_body(request):
    return web.json_response({"kind": type(await request.json()).__name__})


@board.post("/board/loads/")
async def loads(request):
    return web.json_response({"kind": type(json.loads(await request.read())).__name__})


@board.post("/board/form/")
async def form(request):
    return web.json_response({"fields": len(await request.post())})


@board.post("/board/upload/")
async def upload(request):
    sizes = []
    async for part in await request.multipart():
        sizes.append(len(await part.read()))
    return web.json_response(sizes)


@board.post("/board/text/")
async def text(request):
    return web.Response(text=str(len(await request.text())))


@board.get("/board/query/")
async def query(request):
    found = [len(request.query), len(request.cookies), str(request.url), request.host]
    return web.json_response([*found, str(request.if_modified_since), str(request.http_range)])


@board.get("/board/stream/")
async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(40):
        await response.write(b"x" * 65536)
        await asyncio.sleep(0.002)
    return response


@board.route("*", "/board/slow/")
async def slow(request):
    await asyncio.sleep(0.05)
    return web.Response(text="late")


@board.get("/board/ws/echo/")
async def ws_echo(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        if message.type == WSMsgType.TEXT:
            await ws.send_str(message.data)
    return ws


@board.get("/board/ws/json/")
async def ws_json(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    while True:
        await ws.send_json(await ws.receive_json())


@board.get("/board/ws/loads/")
async def ws_loads(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        await ws.send_str(str(type(message.json())))
    return ws


@board.get("/board/ws/push/")
async def ws_push(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    for _ in range(20):
        await ws.send_str("tick")
        await asyncio.sleep(0.005)
    return ws
