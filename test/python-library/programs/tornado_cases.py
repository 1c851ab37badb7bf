import asyncio

import abort_on_exception
import tornado.httpserver
import tornado.ioloop
import tornado.iostream
import tornado.netutil
import tornado.web
import tornado.websocket
from asking import CRASH_ROUTE, GET, UPLOAD, WEBSOCKET, ask, ask_and_leave, with_crash_route

seen = {}


class View(tornado.web.RequestHandler):
    def get(self):
        raise RuntimeError("view")


class AsyncView(tornado.web.RequestHandler):
    async def get(self):
        await asyncio.sleep(0)
        raise RuntimeError("view")


class Prepare(tornado.web.RequestHandler):
    def prepare(self):
        raise RuntimeError("prepare")


class Stream(tornado.web.RequestHandler):
    async def get(self):
        self.write("a")
        await self.flush()
        raise RuntimeError("stream")


class OwnLog(View):
    def log_exception(self, typ, value, tb):
        pass


class Http403(tornado.web.RequestHandler):
    def get(self):
        raise tornado.web.HTTPError(403)


class Http500(tornado.web.RequestHandler):
    def get(self):
        raise tornado.web.HTTPError(500)


class Argument(tornado.web.RequestHandler):
    def get(self):
        self.get_argument("missing")


class Finish(tornado.web.RequestHandler):
    def get(self):
        raise tornado.web.Finish("fine")


class Ok(tornado.web.RequestHandler):
    def get(self):
        self.write("fine")


class Elsewhere(tornado.web.RequestHandler):
    def get(self):
        raise tornado.iostream.StreamClosedError


@tornado.web.stream_request_body
class Upload(tornado.web.RequestHandler):
    def prepare(self):
        seen["started"].set()

    def data_received(self, chunk):
        pass

    def on_connection_close(self):
        seen["ended"].set()

    def post(self):
        self.write("fine")


class Download(tornado.web.RequestHandler):
    async def get(self):
        seen["started"].set()
        try:
            while True:
                self.write("a" * 100000)
                await self.flush()
                await asyncio.sleep(0.01)
        finally:
            seen["ended"].set()


class WebSocketView(tornado.websocket.WebSocketHandler):
    async def open(self):
        raise RuntimeError("websocket")


class WebSocketGone(tornado.websocket.WebSocketHandler):
    async def open(self):
        seen["started"].set()
        try:
            while True:
                await self.write_message("a")
                await asyncio.sleep(0.01)
        finally:
            seen["ended"].set()


def make(**settings):
    pages = [
        ("/view", View),
        ("/async", AsyncView),
        ("/prepare", Prepare),
        ("/stream", Stream),
        ("/own", OwnLog),
        ("/http403", Http403),
        ("/http500", Http500),
        ("/argument", Argument),
        ("/finish", Finish),
        ("/ok", Ok),
        ("/elsewhere", Elsewhere),
        ("/upload", Upload),
        ("/download", Download),
        ("/websocket_view", WebSocketView),
        ("/websocket_gone", WebSocketGone),
    ]
    app = tornado.web.Application(pages, **settings)
    abort_on_exception.watch_tornado(app)
    return app


def case(path, text=GET, leave=False, **settings):
    async def serve(say):
        seen.update(started=asyncio.Event(), ended=asyncio.Event())
        server = tornado.httpserver.HTTPServer(make(**settings))
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        port = sockets[0].getsockname()[1]
        asked = ask_and_leave(port, path, text, seen) if leave else ask(port, path, text)
        say(await asked)

    return lambda say: asyncio.run(serve(say))


def cases():
    names = "view async prepare stream own http403 http500 argument finish ok elsewhere missing".split()
    found = {name: case(f"/{name}") for name in names}
    found["websocket_view"] = case("/websocket_view", WEBSOCKET)
    found["lost in its body"] = case("/upload", UPLOAD, leave=True)
    found["lost in the answer"] = case("/download", leave=True)
    found["lost websocket"] = case("/websocket_gone", WEBSOCKET, leave=True)
    found["debug"] = case("/view", debug=True, autoreload=False)
    route = case("/crash-route", CRASH_ROUTE)
    found["crash route"] = with_crash_route(route)
    found["crash route, wrong token"] = with_crash_route(route, "another-token-" * 3)

    def test_client(say):
        import tornado.testing  # noqa: F401

        case("/view")(say)

    found["test client"] = test_client
    return found
