"""Routes of the kinds that projects have: none of them expects a client that lies."""

import json
import time

from bottle import get, post, request


@post("/board/json/")
def json_body():
    return {"kind": type(json.load(request.body)).__name__}


@post("/board/get-json/")
def get_json():
    return {"kind": type(request.json).__name__}


@post("/board/form/")
def form():
    return {"name": request.forms.get("name", ""), "fields": len(request.forms)}


@post("/board/upload/")
def upload():
    return {"sizes": [len(file.file.read()) for file in request.files.values()]}


@post("/board/read/")
def read():
    return str(len(request.body.read()))


@get("/board/query/")
def query():
    return {"found": [len(request.query), len(request.cookies), request.url, request.auth is None]}


@get("/board/stream/")
def stream():
    for _ in range(40):
        yield b"x" * 65536


@get("/board/slow/")
def slow():
    time.sleep(0.05)
    return "late"


@get("/board/number/<number:int>/")
def number(number):
    return str(number)
