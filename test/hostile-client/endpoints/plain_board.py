"""What callables of no framework do with a request: none of it expects a client that lies."""

import asyncio
import json
import urllib.parse


def wsgi(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    found = {
        "/board/json/": lambda: type(json.loads(body)).__name__,
        "/board/form/": lambda: len(urllib.parse.parse_qs(body)),
        "/board/query/": lambda: len(urllib.parse.parse_qs(environ["QUERY_STRING"])),
    }.get(environ["PATH_INFO"], lambda: "?")()
    start_response("200 OK", [("Content-Type", "application/json")])
    yield json.dumps(found).encode()
    for _ in range(40 if environ["PATH_INFO"] == "/board/stream/" else 0):
        yield b"x" * 65536


async def asgi(scope, receive, send):
    if scope["type"] == "websocket":
        return await websocket(receive, send)
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message.get("more_body", False)
    if scope["path"] == "/board/json/":
        json.loads(body)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(40 if scope["path"] == "/board/stream/" else 1):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await asyncio.sleep(0.002)
    await send({"type": "http.response.body", "body": b""})


async def websocket(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        answer = json.dumps(json.loads(message.get("text") or message["bytes"]))
        await send({"type": "websocket.send", "text": answer})
