"""Which exceptions of an ASGI application are the client's: one JSON object, {case: {raised, crash, expected}}."""

import asyncio
import base64
import datetime
import importlib
import json
import logging
import os
import pathlib
import sys
import tempfile
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

os.environ["PYCRASH"] = "log"
import abort_on_exception  # noqa: E402

# A library is what is in such a folder.
LIBRARY = '''
class Request:
    def __init__(self, scope): self.scope = scope
    def charset(self): raise LookupError("unknown encoding")
    def bug(self): raise RuntimeError("a bug of the library")
    def __getitem__(self, name): raise KeyError(name)

class Socket:
    """As Starlette's, which refuses by its own state."""
    def __init__(self, scope): self.scope = scope
    def send(self): raise RuntimeError('Cannot call "send" once a close message has been sent.')

def look_up(key): raise RuntimeError("the cache is down")

class BadSignature(Exception): pass

def unsign(text): raise BadSignature("no")

def decode(text): raise RuntimeError("it is truncated")

def work_on(message): raise RuntimeError("of this message")
'''
folder = pathlib.Path(tempfile.mkdtemp(), "site-packages")
folder.mkdir()
(folder / "library.py").write_text(LIBRARY)
sys.path.append(str(folder))
library = importlib.import_module("library")

crashes = []


class Count(logging.Handler):
    def emit(self, record):
        crashes.append(record)


abort_on_exception.logger.addHandler(Count())
abort_on_exception.logger.propagate = False
GONE = object()
CASES = {}


def case(is_crash, body=b"", query="", kind="http", events=None, headers=(), path="/", **scope):
    def add(function):
        if kind == "http":
            method = "POST" if body else "GET"
            scope.setdefault("method", method)
        coming = [{"type": "http.request", "body": body}] if events is None else events
        CASES[function.__name__] = (is_crash, function, coming, {
            "type": kind, "path": path, "query_string": query.encode(), "headers": [*headers], **scope,
        })
        return function

    return add


CONNECT = {"type": "websocket.connect"}


def text(data):
    return {"type": "websocket.receive", "text": data, "bytes": None}


def binary(data):
    return {"type": "websocket.receive", "text": None, "bytes": data}


async def body_of(receive):
    return (await receive())["body"]


@case(True, path="/price")
async def own_json(scope, receive, send):
    json.loads('{"price": ')


@case(True, path="/report/own")
async def own_bytes(scope, receive, send):
    b"own\xff".decode()


@case(True)
async def own_empty_text(scope, receive, send):
    json.loads("")


@case(False)
async def empty_body_of_a_get(scope, receive, send):
    json.loads(await body_of(receive))


@case(True, body=b"<ok/>")
async def own_xml(scope, receive, send):
    await receive()
    ElementTree.fromstring("<own>")


@case(False, body=b'{"a": oops')
async def body_that_is_no_json(scope, receive, send):
    json.loads(await body_of(receive))


@case(False, body='{"a": oops'.encode("utf-16"))
async def body_in_utf_16(scope, receive, send):
    json.loads(await body_of(receive))


@case(False, body=b'{"a": "' + b"x" * 200_000)
async def long_body(scope, receive, send):
    json.loads(await body_of(receive))


@case(False, body=b"", method="POST")
async def empty_body(scope, receive, send):
    json.loads(await body_of(receive))


@case(False, query="filter=%7B%22a%22%3A+oops")
async def value_of_the_query(scope, receive, send):
    json.loads('{"a": oops')


@case(False, query="filter=&page=1")
async def empty_value_of_the_query(scope, receive, send):
    json.loads("")


@case(False, headers=[(b"cookie", b'a=1; prefs="{bad"')])
async def cookie(scope, receive, send):
    json.loads("{bad")


@case(False, headers=[(b"authorization", b"Basic abcde")])
async def base64_of_a_header(scope, receive, send):
    base64.b64decode("abcde")


@case(False, query="day=tomorrow")
async def day_of_the_query(scope, receive, send):
    datetime.datetime.strptime("tomorrow", "%Y-%m-%d")


@case(True, query="day=tomorrow")
async def own_day(scope, receive, send):
    datetime.datetime.strptime("yesterday", "%Y-%m-%d")


@case(False, body=b"<a>")
async def xml(scope, receive, send):
    ElementTree.fromstring(await body_of(receive))


@case(False, body=b"[" * 100_000)
async def deep_json(scope, receive, send):
    json.loads(await body_of(receive))


@case(True, body=b"some text")
async def body_that_is_passed_on(scope, receive, send):
    urllib.request.urlopen("http://127.0.0.1:9/", await body_of(receive))


@case(True, query="day=tomorrow", body=b"some text" * 9)
async def key_that_is_looked_up(scope, receive, send):
    await receive()
    library.look_up("tomorrow")


@case(True, query="page=x")
async def number_of_the_query(scope, receive, send):
    int("x")


@case(False)
async def name_that_is_too_long(scope, receive, send):
    open("/tmp/" + "a" * 300)


@case(False)
async def name_with_nul(scope, receive, send):
    open("/tmp/a\0b")


@case(True)
async def name_of_no_file(scope, receive, send):
    open("/tmp/no/such/file")


@case(False, body=b'{"date":"2024-13-45"}')
async def value_in_compact_json(scope, receive, send):
    data = json.loads(await body_of(receive))
    datetime.datetime.strptime(data["date"], "%Y-%m-%d")


@case(False, body=b'{"date":"\\u0032\\u0030\\u0032\\u0034-99-1"}')
async def escaped_value_in_json(scope, receive, send):
    data = json.loads(await body_of(receive))
    datetime.datetime.strptime(data["date"], "%Y-%m-%d")


@case(False, path="/day/2024-13-45")
async def part_of_the_path(scope, receive, send):
    datetime.datetime.strptime("2024-13-45", "%Y-%m-%d")


@case(False, query="d=a,b")
async def value_with_a_comma(scope, receive, send):
    datetime.datetime.strptime("a,b", "%Y-%m-%d")


@case(False, query="d=%252e%252e%252f")
async def value_encoded_twice(scope, receive, send):
    datetime.datetime.strptime("%2e%2e%2f", "%Y-%m-%d")


@case(False, headers=[(b"referer", b"http://[a")])
async def argument_that_is_cut_up(scope, receive, send):
    urllib.parse.urlsplit("http://[a")


@case(False, body=b"name,city\nJos\xe9,Malm\xf6\n")
async def line_of_an_upload(scope, receive, send):
    (await body_of(receive)).split(b"\n")[1].decode()


@case(False, body=b"x\n" * 1_500_000 + b'{"broken" true}')
async def end_of_a_long_body(scope, receive, send):
    json.loads((await body_of(receive))[3_000_000:])


@case(False, headers=[(b"cookie", b"session=a:b:c")])
async def signature_that_is_bad(scope, receive, send):
    library.unsign("a:b:c")


@case(True, query="price=5")
async def part_of_a_word(scope, receive, send):
    datetime.datetime.strptime("pri", "%Y-%m-%d")


@case(False, body=b" ")
async def blank_body(scope, receive, send):
    json.loads(await body_of(receive))


@case(True)
async def blank_of_a_library(scope, receive, send):
    library.look_up(" ")


@case(True)
async def separator_of_a_library(scope, receive, send):
    os.path.commonpath(["/a", "b"])


@case(True, body=b"{bad")
async def name_error_after_a_bad_body(scope, receive, send):
    try:
        json.loads(await body_of(receive))
    except ValueError:
        return nonexistent  # noqa: F821


@case(False, events=[])
async def slow_client(scope, receive, send):
    await asyncio.wait_for(receive(), 0.01)


@case(True, events=[])
async def own_time_out(scope, receive, send):
    await asyncio.wait_for(asyncio.sleep(9), 0.01)


@case(True, events=[])
async def cancelled_by_a_bug(scope, receive, send):
    waiting = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    waiting.cancel()
    try:
        await waiting
    except asyncio.CancelledError:
        raise RuntimeError("a bug")


@case(False, events=[{"type": "http.disconnect"}])
async def client_that_went(scope, receive, send):
    await receive()
    raise RuntimeError("no answer")


@case(True, events=[{"type": "http.disconnect"}])
async def end_after_the_answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b""})
    await receive()
    raise RuntimeError("a bug in the background")


@case(False, events=[GONE])
async def receive_that_raises(scope, receive, send):
    try:
        await receive()
    except OSError as error:
        raise RuntimeError("wrapped") from error


@case(False, events=[GONE])
async def after_receive_has_raised(scope, receive, send):
    try:
        await receive()
    except OSError:
        pass
    raise RuntimeError("no answer")


@case(False)
async def library_at_work_on_the_request(scope, receive, send):
    library.Request(dict(scope)).charset()


@case(True)
async def library_with_a_bug(scope, receive, send):
    library.Request(scope).bug()


@case(True)
async def own_key_of_the_request(scope, receive, send):
    library.Request(scope)["user"]


@case(True)
async def request_of_another(scope, receive, send):
    library.Request({}).charset()


async def ignored(*args):
    pass


@case(False)
async def other_websocket_that_went(scope, receive, send):
    other = {"type": "websocket", "headers": []}
    session = abort_on_exception._Session(other, asyncio.Queue().get, ignored)
    session.state.is_excused = True
    library.Socket(other).send()


@case(True)
async def other_websocket_that_lives(scope, receive, send):
    other = {"type": "websocket", "headers": []}
    abort_on_exception._Session(other, asyncio.Queue().get, ignored).state.is_excused = False
    library.Socket(other).send()


@case(False, kind="websocket", events=[CONNECT])
async def protocol_that_is_refused(scope, receive, send):
    raise ValueError("only HTTP")


@case(False, http_version="0.9")
async def version_that_is_refused(scope, receive, send):
    raise ValueError("unknown version")


@case(True, kind="websocket", events=[CONNECT])
async def bug_before_accept(scope, receive, send):
    await receive()
    raise ValueError("a bug")


@case(False, kind="websocket", events=[CONNECT])
async def assertion_of_the_protocol(scope, receive, send):
    assert (await receive())["type"] == "http.request"


@case(False, kind="websocket", events=[CONNECT])
async def what_only_http_has(scope, receive, send):
    (await receive())["body"]


@case(True, kind="websocket", events=[CONNECT, text("{}")])
async def assertion_on_a_message(scope, receive, send):
    await receive()
    assert not await receive()


@case(True, kind="websocket", events=[CONNECT, text("{}")])
async def key_of_a_message(scope, receive, send):
    await receive()
    json.loads((await receive())["text"])["method"]


@case(False, kind="websocket", events=[CONNECT, binary(b"x")])
async def binary_for_text(scope, receive, send):
    await receive()
    (await receive())["text"].upper()


@case(False, kind="websocket", events=[CONNECT, binary(b"")])
async def empty_binary_for_text(scope, receive, send):
    await receive()
    json.loads((await receive())["text"])


@case(False, kind="websocket", events=[CONNECT, text("x")])
async def text_for_binary(scope, receive, send):
    await receive()
    memoryview((await receive())["bytes"])


@case(True, kind="websocket", events=[CONNECT, text("x")])
async def own_none(scope, receive, send):
    await receive()
    await receive()
    None.name


@case(False, kind="websocket", events=[CONNECT, {"type": "websocket.receive", "bytes": b"x"}])
async def key_of_the_other_kind(scope, receive, send):
    await receive()
    (await receive())["text"]


@case(False, kind="websocket", events=[CONNECT, text("")])
async def empty_message(scope, receive, send):
    await receive()
    library.decode((await receive())["text"])


@case(False, kind="websocket", events=[CONNECT, binary(b"not empty")])
async def empty_text_of_a_binary_message(scope, receive, send):
    await receive()
    library.decode((await receive())["text"] or "")


@case(False, kind="websocket", events=[CONNECT, text("x")])
async def library_at_work_on_a_message(scope, receive, send):
    await receive()
    library.work_on(await receive())


async def main():
    found = {}
    for name, (is_crash, function, events, scope) in CASES.items():
        coming = [*events]

        async def receive():
            if not coming:
                await asyncio.sleep(9)
            event = coming.pop(0)
            if event is GONE:
                raise OSError("the client has gone")
            return event

        del crashes[:]
        raised = False
        try:
            await abort_on_exception.wrap_asgi(function)(scope, receive, ignored)
        except Exception:
            raised = True
        found[name] = {"raised": raised, "crash": bool(crashes), "expected": is_crash}
    print(json.dumps(found))


asyncio.run(main())
