"""`service_flask:wsgi`: the same for Flask."""

import json

from flask import Flask, Response, abort, request

import abort_on_exception

wsgi = Flask(__name__)
ANY = ["GET", "POST"]


@wsgi.route("/ok")
def ok():
    return "ok"


@wsgi.route("/missing")
def missing():
    abort(404)


@wsgi.route("/parse", methods=ANY)
def parse():
    return str(len(json.loads(request.data)))


@wsgi.route("/upload", methods=ANY)
def upload():
    return str(len(request.data))


@wsgi.route("/stream")
def stream():
    return Response(b"x" * 65536 for _ in range(400))


@wsgi.route("/crash")
def crash():
    raise RuntimeError("a bug")


@wsgi.route("/crash_in_body")
def crash_in_body():
    def body():
        yield b"the first part"
        raise RuntimeError("a bug")

    return Response(body())


abort_on_exception.watch_flask(wsgi)
