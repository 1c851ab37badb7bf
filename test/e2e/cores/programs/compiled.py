"""Crashes when it is compiled to C or packed into one file. With WAIT_FOR it begins once that file is there."""

import os
import time


class PaymentError(Exception):
    pass


def charge(amount):
    raise PaymentError("declined %d" % amount)


def main():
    while "WAIT_FOR" in os.environ and not os.path.exists(os.environ["WAIT_FOR"]):
        time.sleep(0.05)
    try:
        charge(42)
    except PaymentError:
        os.abort()


if not os.environ.get("IMPORTED"):
    main()
