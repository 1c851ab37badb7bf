"""Reads lines `state|stop ENDPOINT WATCHER`, and answers each with the watcher's state, as one line."""

import sys
import time

from circus.client import CircusClient
from circus.exc import CallError


def call(client, command, **properties):
    """circusd carries out one command at a time, and refuses the others."""
    while True:
        answer = client.call({"command": command, "properties": properties})
        if "already running" not in str(answer.get("reason")):
            return answer
        time.sleep(0.1)


for line in sys.stdin:
    command, endpoint, watcher = line.split()
    client = CircusClient(endpoint=endpoint, timeout=10)
    try:
        if command == "stop":
            call(client, "stop", name=watcher, waiting=True)
        print(call(client, "status", name=watcher).get("status", "unknown"), flush=True)
    except CallError as error:
        print("unknown", error, flush=True)
    finally:
        client.stop()
