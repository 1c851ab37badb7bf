"""A stack that changes all the time: `red` and `blue` take turns, and one stack never has both."""

import sys


def through(call, left):
    return call(left)


def red(left):
    return 0 if left == 0 else through(red, left - 1) + 1


def blue(left):
    return 0 if left == 0 else through(blue, left - 1) + 1


def turns():
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        red(20)
        blue(20)


turns()
