"""Views of the kinds that projects have: none of them expects a client that lies."""

import json
import threading
import time

from flask import Blueprint, Response, jsonify, request, session, stream_with_context

board = Blueprint("board", __name__)
ANY = ["GET", "POST"]


@board.route("/board/json/", methods=ANY)
def json_body():
    return jsonify(kind=type(json.loads(request.data)).__name__)


@board.route("/board/get-json/", methods=ANY)
def get_json():
    return jsonify(kind=type(request.get_json(force=True)).__name__)


@board.route("/board/form/", methods=ANY)
def form():
    return jsonify(name=request.form.get("name", ""), fields=len(request.form))


@board.route("/board/upload/", methods=ANY)
def upload():
    return jsonify(sizes=[len(file.read()) for file in request.files.values()])


@board.route("/board/read/", methods=ANY)
def read():
    return str(len(request.stream.read()))


@board.route("/board/query/")
def query():
    found = [len(request.args), len(request.cookies), str(request.accept_languages), str(request.range)]
    return jsonify(found=found, uri=request.url, basic=request.authorization is not None, cart=session.get("cart"))


@board.route("/board/stream/")
def stream():
    def parts():
        for _ in range(40):
            yield b"x" * 65536

    return Response(stream_with_context(parts()))


@board.route("/board/slow/", methods=ANY)
def slow():
    time.sleep(0.05)
    return "late"


@board.route("/board/background/")
def background():
    threading.Thread(target=time.sleep, args=(0.02,)).start()
    return "started"


@board.route("/board/number/<int:number>/")
def number(number):
    return str(number)


@board.route("/board/float/<float:number>/")
def real(number):
    return str(number)
