"""A process that waits for one line and then fails, deep in its code."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
exec(os.environ["BEFORE"])
if "WITHOUT_MODULE" not in os.environ:
    import abort_on_exception

    abort_on_exception.install()


def price(order):
    raise ValueError(order)


def serve():
    print("ready", flush=True)
    sys.stdin.readline()
    price(os.environ["PLANTED"])


serve()
