"""`python report.py MEGABYTES`: aborts 35 frames deep, with that much memory in use."""

import os
import sys

ballast = bytearray(os.urandom(1 << 20)) * int(sys.argv[1])


def fail(depth, basket):
    total = len(basket) * 10
    if depth == 0:
        raise RuntimeError("order failed", total)
    return fail(depth - 1, basket + [depth])


def handle(depth):
    label = "handle %d" % depth
    if depth:
        return handle(depth - 1)
    try:
        fail(35, ["book"])
    except RuntimeError:
        os.abort()


handle(33)
