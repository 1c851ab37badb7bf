"""`python limits.py SCENARIO`: crashes with more of something than a report lists."""

import asyncio
import collections
import dataclasses
import functools
import os
import random
import sys
import types

import oracle


class PaymentError(Exception):
    pass


class Order:
    pass


Item = dataclasses.make_dataclass("Item", ["f%d" % number for number in range(150)])


def caught(text):
    try:
        raise PaymentError(text)
    except PaymentError as error:
        return error


def crash(error=None):
    oracle.write(error)
    os.abort()


def values():
    levels = [[[[[[[[1, 2, 3]]]]]]]]
    items = list(range(1000))
    text = "x" * 4800
    data = b"x" * 4800
    objects = [[number, number, number] for number in range(90)]
    characters = ["x" * 100 for _ in range(100)]
    sys.set_int_max_str_digits(0)
    bits = 1 << 20000
    both = b"\0" * 3000
    counter = collections.Counter(range(20001))
    namespace = types.SimpleNamespace(**{"f%d" % number: number for number in range(150)})
    partial = functools.partial(print, *range(60), **{"f%d" % number: number for number in range(60)})
    item = Item(*range(150))
    order = Order()
    for number in range(1500):
        setattr(order, "f%d" % number, number)
    drained = set(range(300000))
    for number in range(299999):
        drained.discard(number)
    crash()


def long_names():
    name = "n" * 3000
    order = Order()
    setattr(order, name, 1)
    crash()


def nested_message():
    error = PaymentError("innermost")
    for _ in range(12):
        error = PaymentError(error)
    try:
        raise error
    except PaymentError as raised:
        crash(raised)


def many_locals():
    names = ["v%d" % number for number in range(2500)]
    assignments = "\n".join("    %s = %d" % (name, at) for at, name in enumerate(names))
    contents = {"crash": crash}
    exec("def crowded():\n%s\n    crash()" % assignments, contents)
    contents["crowded"]()


def many_names():
    exec("\n".join("v%d = %d" % (number, number) for number in range(2500)) + "\ncrash()", {"crash": crash})


def many_exceptions():
    contents = {"caught": caught, "crash": crash}
    errors = "\n".join("    e%d = caught('number %d')" % (number, number) for number in range(250))
    exec("def holder():\n%s\n    crash(e0)" % errors, contents)
    contents["holder"]()


def many_handled():
    def handle(depth):
        try:
            raise PaymentError("level %d" % depth)
        except PaymentError:
            if depth == 0:
                crash()
            yield from handle(depth - 1)

    next(handle(9))


def described():
    error = caught("with all that belongs to it")
    error.__notes__ = ["note %d" % number for number in range(150)]
    for number in range(120):
        setattr(error, "f%d" % number, number)
    try:
        raise error
    except PaymentError as raised:
        crash(raised)


def group():
    try:
        raise ExceptionGroup("many", [caught("member %d" % number) for number in range(300)])
    except ExceptionGroup as raised:
        crash(raised)


class Keeper:
    pass


KEEPER = Keeper()


def out_of_reach():
    KEEPER.inner = Keeper()
    KEEPER.inner.errors = [caught("number %d" % number) for number in range(150)]
    KEEPER.inner.room = bytearray(b"x" * (4 << 20))
    crash()


def tasks():
    async def wait():
        await asyncio.sleep(1000)

    async def down(depth):
        await (wait() if depth == 0 else down(depth - 1))

    async def main():
        done = [asyncio.ensure_future(asyncio.sleep(0)) for _ in range(1500)]
        await asyncio.gather(*done)
        waiting = [asyncio.ensure_future(wait()) for _ in range(1100)]
        deep = asyncio.ensure_future(down(29))
        deep.set_name("deep")
        await asyncio.sleep(0.1)
        crash()
        await asyncio.gather(deep, *waiting)

    asyncio.run(main())


def greenlets():
    import greenlet

    hub = greenlet.getcurrent()

    def wait(depth):
        return hub.switch() if depth == 0 else wait(depth - 1)

    waiting = [greenlet.greenlet(wait) for _ in range(20)]
    for each in waiting:
        each.switch(30)
    crash()


def wsgi():
    headers = {"HTTP_X_%d" % number: str(number) for number in range(250)}
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", **os.environ, **headers}
    crash()


def asgi():
    headers = [(b"x-%d" % number, b"%d" % number) for number in range(250)]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    crash()


def started():
    if "--again" not in sys.argv:
        crowded = dict(os.environ, **{"V%d" % number: "x" for number in range(10100)}, LONG="x" * 40000)
        words = ["x" * 40000] + ["w%d" % number for number in range(10100)]
        os.execve(sys.executable, [sys.executable, *sys.argv, "--again", *words], crowded)
    crash()


def winding():
    """A stack of two functions that call each other in no order that repeats."""
    sys.setrecursionlimit(10**5)
    turns = random.Random(1)

    def left(number):
        if number == 0:
            raise PaymentError("at the end")
        turns.choice(functions)(number - 1)

    def right(number):
        if number == 0:
            raise PaymentError("at the end")
        turns.choice(functions)(number - 1)

    functions = [left, right]
    try:
        left(3000)
    except PaymentError as raised:
        crash()


def file():
    with open(os.environ["FAILING"]) as source:
        code = compile(source.read(), os.environ["FAILING"], "exec")
    contents = {}
    exec(code, contents)
    try:
        contents["fail"]()
    except ValueError as raised:
        crash(raised)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
