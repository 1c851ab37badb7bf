import asyncio

import abort_on_exception
from aiohttp import web
from asking import CRASH_ROUTE, GET, GZIP, UPLOAD, WEBSOCKET, ask, ask_and_leave, with_crash_route

seen = {}


async def view(request):
    raise RuntimeError("view")


async def http403(request):
    raise web.HTTPForbidden


async def http500(request):
    raise web.HTTPInternalServerError


async def redirect(request):
    raise web.HTTPFound("/ok")


async def timeout(request):
    raise asyncio.TimeoutError


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"a")
    raise RuntimeError("stream")


async def ok(request):
    return web.Response(text="fine")


async def upload(request):
    seen["started"].set()
    try:
        return web.Response(body=await request.read())
    finally:
        seen["ended"].set()


async def download(request):
    response = web.StreamResponse()
    await response.prepare(request)
    seen["started"].set()
    try:
        while True:
            await response.write(b"a" * 100000)
            await asyncio.sleep(0.01)
    finally:
        seen["ended"].set()


async def websocket_view(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    raise RuntimeError("websocket")


async def websocket_gone(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    seen["started"].set()
    try:
        async for _ in socket:
            pass
        await socket.send_str("too late")
    finally:
        seen["ended"].set()
    return socket


async def elsewhere(request):
    raise ConnectionResetError("the database's")


@web.middleware
async def failing(request, handler):
    if request.path == "/middleware":
        raise RuntimeError("middleware")
    return await handler(request)


@web.middleware
async def teapot(request, handler):
    try:
        return await handler(request)
    except RuntimeError:
        return web.Response(status=418)


def make(*middlewares):
    app = web.Application(middlewares=[*middlewares, failing])
    abort_on_exception.watch_aiohttp(app)
    pages = [view, http403, http500, redirect, timeout, stream, ok, elsewhere]
    pages += [upload, download, websocket_view, websocket_gone]
    for page in pages:
        app.router.add_route("*", f"/{page.__name__}", page)
    inner = web.Application()
    inner.router.add_get("/view", view)
    app.add_subapp("/inner/", inner)
    return app


def case(path, text=GET, leave=False, then="", middlewares=()):
    async def serve(say):
        seen.update(started=asyncio.Event(), ended=asyncio.Event())
        runner = web.AppRunner(make(*middlewares))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        if leave:
            say(await ask_and_leave(port, path, text, seen, then))
        else:
            say(await ask(port, path, text))

    return lambda say: asyncio.run(serve(say))


def cases():
    names = "view http403 http500 redirect timeout stream ok elsewhere middleware missing".split()
    found = {name: case(f"/{name}") for name in names}
    found["in a subapp"] = case("/inner/view")
    found["middleware handles"] = case("/view", middlewares=[teapot])
    found["websocket_view"] = case("/websocket_view", WEBSOCKET)
    found["malformed body"] = case("/upload", GZIP, leave=True, then="0123456789")
    found["lost in its body"] = case("/upload", UPLOAD, leave=True)
    found["lost in the answer"] = case("/download", leave=True)
    found["lost websocket"] = case("/websocket_gone", WEBSOCKET, leave=True)
    route = case("/crash-route", CRASH_ROUTE)
    found["crash route"] = with_crash_route(route)
    found["crash route, wrong token"] = with_crash_route(route, "another-token-" * 3)

    def test_client(say):
        import aiohttp.test_utils  # noqa: F401

        case("/view")(say)

    found["test client"] = test_client
    return found
