"""`python web_frameworks.py flask|fastapi|starlette|asgi`: serves one real request, whose view fails."""

import os
import sys
import threading
from http.client import HTTPConnection

import oracle

HEADERS = {
    "Host": "shop.example",
    "Authorization": "Bearer token-of-the-test",
    "Cookie": "sessionid=cookie-of-the-test",
    "X-Request-ID": "request-1",
}


def charge(number):
    api_key = "key-of-the-test-1"
    raise RuntimeError("order %s failed, key %s" % (number, api_key))


def abort(exception, view):
    truth = {"method": "POST", "path": "/order/7/", "query": "page=2&token=query-of-the-test", "view": view}
    oracle.write(exception, request=truth) or os.abort()


def ask(port):
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/order/7/?page=2&token=query-of-the-test", body=b"a=1", headers=HEADERS)
    connection.getresponse()


def ask_later(port):
    threading.Thread(target=ask, args=(port,), name="client", daemon=True).start()


def flask():
    from wsgiref.simple_server import make_server

    import flask as framework

    app = framework.Flask(__name__)

    @app.post("/order/<int:number>/")
    def order(number):
        charge(number)

    framework.got_request_exception.connect(
        lambda sender, exception, **kwargs: abort(exception, "order"), app, weak=False
    )
    server = make_server("127.0.0.1", 0, app)
    ask_later(server.server_port)
    server.handle_request()


def serve(application, view):
    """Under uvicorn, which calls the guard as a project's own outermost middleware."""
    import socket

    import uvicorn

    async def guard(scope, receive, send):
        try:
            await application(scope, receive, send)
        except Exception as exception:
            abort(exception, view)

    listener = socket.create_server(("127.0.0.1", 0))
    ask_later(listener.getsockname()[1])
    config = uvicorn.Config(guard, lifespan="off", log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


def fastapi():
    import fastapi as framework

    app = framework.FastAPI()

    @app.post("/order/{number}/")
    async def order(number: int):
        charge(number)

    serve(app, "__main__.fastapi.<locals>.order")


def starlette():
    from starlette.applications import Starlette
    from starlette.routing import Route

    def order(request):
        charge(request.path_params["number"])

    serve(Starlette(routes=[Route("/order/{number:int}/", order, methods=["POST"])]), "__main__.starlette.<locals>.order")


def asgi():
    async def application(scope, receive, send):
        charge(scope["path"])

    serve(application, None)


if __name__ == "__main__":
    {"flask": flask, "fastapi": fastapi, "starlette": starlette, "asgi": asgi}[sys.argv[1]]()
