import abort_on_exception
import litestar
from asking import asgi_case
from litestar.exceptions import HTTPException
from litestar.response import Stream


class Gone(Exception):
    pass


@litestar.get("/view")
async def view() -> None:
    raise RuntimeError("view")


@litestar.get("/sync", sync_to_thread=False)
def sync() -> None:
    raise RuntimeError("sync")


@litestar.get("/stream")
async def stream() -> Stream:
    async def body():
        yield b"a"
        raise RuntimeError("stream")

    return Stream(body())


@litestar.get("/http403")
async def http403() -> None:
    raise HTTPException(status_code=403)


@litestar.get("/http500")
async def http500() -> None:
    raise HTTPException(status_code=500)


@litestar.get("/handled")
async def handled() -> None:
    raise KeyError("handled")


def sorry(request, error):
    return litestar.Response("sorry", status_code=502)


def teapot(request, error):
    return litestar.Response("handled", status_code=418)


@litestar.get("/route_handles", exception_handlers={Gone: sorry})
async def route_handles() -> None:
    raise Gone


@litestar.get("/typed/{number:int}")
async def typed(number: int, needed: int) -> None:
    pass


@litestar.get("/ok")
async def ok() -> str:
    return "fine"


@litestar.websocket("/websocket_view")
async def websocket_view(socket: litestar.WebSocket) -> None:
    await socket.accept()
    raise RuntimeError("websocket")


@litestar.websocket("/websocket_gone")
async def websocket_gone(socket: litestar.WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()


async def before(request: litestar.Request) -> None:
    if request.url.path == "/before":
        raise RuntimeError("before")


@litestar.get("/before", before_request=before)
async def before_request() -> None:
    pass


def middleware(app):
    async def failing(scope, receive, send):
        if scope["path"] == "/middleware":
            raise RuntimeError("middleware")
        await app(scope, receive, send)

    return failing


@litestar.get("/middleware")
async def in_middleware() -> None:
    pass


def make(handlers=None, **options):
    pages = [view, sync, stream, http403, http500, handled, route_handles, typed, ok]
    pages += [websocket_view, websocket_gone, before_request, in_middleware]
    handlers = {KeyError: teapot, **(handlers or {})}
    app = litestar.Litestar(
        pages, exception_handlers=handlers, middleware=[middleware], **options
    )
    return abort_on_exception.watch_litestar(app)


def case(path, kind="http", handlers=None, fails=False, **options):
    # In the process of the case: the thread that writes Litestar's log is started here.
    return lambda say: asgi_case(make(handlers, **options), path, kind, fails=fails)(say)


def cases():
    names = "view sync stream http403 http500 handled route_handles ok before middleware missing".split()
    found = {name: case(f"/{name}") for name in names}
    for name in ["websocket_view", "websocket_gone"]:
        found[name] = case(f"/{name}", "websocket")
    found["validation 400"] = case("/typed/5")
    found["lost client"] = case("/ok", fails=True)
    found["lost client of a stream"] = case("/stream", fails=True)
    found["lifespan"] = case("", "lifespan")
    found["handler of 500"] = case("/view", handlers={500: sorry})
    found["handler of Exception with 418"] = case("/view", handlers={Exception: teapot})
    found["DEBUG"] = case("/view", debug=True)

    def test_client(say):
        import litestar.testing  # noqa: F401

        case("/view")(say)

    found["test client"] = test_client
    return found
