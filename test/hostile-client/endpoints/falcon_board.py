"""Resources of the kinds that projects have: none of them expects a client that lies."""

import json
import time


class Json:
    def on_post(self, req, resp):
        resp.media = {"kind": type(json.load(req.bounded_stream)).__name__}


class Media:
    def on_post(self, req, resp):
        media = req.get_media()
        if isinstance(media, dict) or media is None or not hasattr(media, "__next__"):
            resp.media = {"kind": type(media).__name__}
        else:
            resp.media = {"sizes": [len(part.get_data()) for part in media]}


class Query:
    def on_get(self, req, resp):
        found = [len(req.params), len(req.cookies), req.uri, req.range, str(req.if_modified_since), req.accept]
        resp.media = {"found": found, "page": req.get_param_as_int("page")}


class Read:
    def on_post(self, req, resp):
        resp.text = str(len(req.bounded_stream.read()))


class Stream:
    def on_get(self, req, resp):
        resp.stream = (b"x" * 65536 for _ in range(40))


class Slow:
    def on_get(self, req, resp):
        time.sleep(0.05)


class Number:
    def on_get(self, req, resp, number):
        resp.text = str(number)


def add_board(app):
    app.add_route("/board/json/", Json())
    app.add_route("/board/media/", Media())
    app.add_route("/board/query/", Query())
    app.add_route("/board/read/", Read())
    app.add_route("/board/stream/", Stream())
    app.add_route("/board/slow/", Slow())
    app.add_route("/board/number/{number:int}/", Number())
