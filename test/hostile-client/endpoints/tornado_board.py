"""Handlers of the kinds that projects have: none of them expects a client that lies."""

import asyncio
import json

import tornado.escape
import tornado.web
import tornado.websocket


class Json(tornado.web.RequestHandler):
    def post(self):
        self.write({"kind": type(json.loads(self.request.body)).__name__})


class Decoded(tornado.web.RequestHandler):
    def post(self):
        self.write({"kind": type(tornado.escape.json_decode(self.request.body)).__name__})


class Form(tornado.web.RequestHandler):
    def post(self):
        self.write({"name": self.get_body_argument("name", "")})


class Upload(tornado.web.RequestHandler):
    def post(self):
        self.write({"sizes": [len(each.body) for files in self.request.files.values() for each in files]})


class Query(tornado.web.RequestHandler):
    def get(self):
        self.get_query_argument("q", "")
        found = [len(self.request.arguments), len(self.request.cookies), self.request.full_url()]
        self.write({"found": found, "language": self.get_browser_locale().code, "x": self.get_cookie("a", "")})


class Stream(tornado.web.RequestHandler):
    async def get(self):
        for _ in range(40):
            self.write(b"x" * 65536)
            await self.flush()


class Slow(tornado.web.RequestHandler):
    async def get(self):
        await asyncio.sleep(0.05)

    post = get


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message, isinstance(message, bytes))


class EchoJson(tornado.websocket.WebSocketHandler):
    async def on_message(self, message):
        await self.write_message({"kind": type(json.loads(message)).__name__})


class Push(tornado.websocket.WebSocketHandler):
    async def open(self):
        for _ in range(20):
            await self.write_message("tick")
            await asyncio.sleep(0.005)


HANDLERS = [
    (r"/board/json/", Json),
    (r"/board/decoded/", Decoded),
    (r"/board/form/", Form),
    (r"/board/upload/", Upload),
    (r"/board/query/", Query),
    (r"/board/stream/", Stream),
    (r"/board/slow/", Slow),
    (r"/board/ws/echo/", Echo),
    (r"/board/ws/json/", EchoJson),
    (r"/board/ws/push/", Push),
]
