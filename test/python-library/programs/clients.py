"""
`clients.py PORT KIND`: what clients send, and leave undone, that must not abort a service of that kind.

Nothing is expected of the answers: what counts is in the log of the service.
"""

import base64
import os
import socket
import struct
import sys
import time

PORT = int(sys.argv[1])


def connect():
    return socket.create_connection(("127.0.0.1", PORT), 5)


def leave(client, how):
    """By a reset, or by the end of what is sent."""
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def talk(text, wait=0.15, how="reset"):
    client = connect()
    client.sendall(text.encode("latin-1") if isinstance(text, str) else text)
    time.sleep(wait)
    leave(client, how)


def answer(text):
    client = connect()
    client.sendall(text.encode("latin-1") if isinstance(text, str) else text)
    client.settimeout(3)
    try:
        while client.recv(65536):
            pass
    except OSError:
        pass
    client.close()


def request(method, path, body=b"", *headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def upgrade(path):
    client = connect()
    key = base64.b64encode(os.urandom(16)).decode()
    client.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    client.settimeout(3)
    try:
        client.recv(4096)
    except OSError:
        pass
    return client


def frame(opcode, data=b""):
    mask = os.urandom(4)
    return bytes([0x80 | opcode, 0x80 | len(data)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


TEXT, BINARY, CLOSE = 1, 2, 8


def websocket(path, send=b"", how="reset", wait=0.15):
    client = upgrade(path)
    try:
        client.sendall(send)
        time.sleep(wait)
        if how == "close":
            client.sendall(frame(CLOSE, b"\x03\xe8"))
            time.sleep(0.1)
    except OSError:
        pass
    leave(client, how)


UNPARSABLE = [b"{oops", b"\xff\xfe{", b"", '{"a": oops'.encode("utf-16"), b'{"a": "' + b"x" * 200_000]


def http():
    for how in ("reset", "close"):
        for path in ("/slow", "/stream"):
            talk(request("GET", path), how=how)
        for path in ("/upload", "/form", "/parsed", "/loads"):
            talk(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nabc", how=how)
            talk(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
                how=how,
            )
    for body in UNPARSABLE:
        for path in ("/parsed", "/loads"):
            answer(request("POST", path, body))
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=none-such",
    ):
        answer(request("POST", "/form", b"--x\r\nno header\xff\r\n", f"Content-Type: {kind}"))
    answer(request("GET", "/query?filter=%7B%22a%22%3A+oops"))
    answer(request("GET", "/query?filter="))
    for charset in ("base64", "undefined", "none-such"):
        answer(request("GET", "/ok?a=1", b"", f"Content-Type: text/plain; charset={charset}"))
    answer(request("GET", "/%ff%fe"))
    answer(request("GET", "/ok", b"", "Cookie: \xff=\xfe"))


def starlette():
    http()
    for how in ("reset", "close", "end"):
        for path in ("push", "finally", "task", "both", "json", "text", "loads", "again", "endpoint"):
            websocket(f"/ws_{path}", how=how)
    for path in ("json", "text", "loads", "endpoint"):
        for data in (b"{oops", b""):
            websocket(f"/ws_{path}", frame(TEXT, data))
        websocket(f"/ws_{path}", frame(BINARY, b"\xff\xfe"))
    for path in ("/", "/none/such", "/only_http/x", "/ok"):
        websocket(path)
    time.sleep(1)


def django():
    http()
    for path in ("/", "/chat", "/ok/", "/static/x.css"):
        for how in ("reset", "close", "end"):
            websocket(path, how=how)
    time.sleep(0.5)


{"starlette": starlette, "django": django}[sys.argv[2]]()
