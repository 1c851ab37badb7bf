"""What robustness.py names in CALLBACKS."""

import os
import sys


def exits(*args):
    sys.exit(0)


def fails(*args):
    raise RuntimeError("in the callback")


def says(exception, request, context):
    os.write(1, context["message"].encode())
