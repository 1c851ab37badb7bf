"""`python texts.py SCENARIO`: crashes with exceptions of which one argument is what `str` has rules of its own for."""

import asyncio
import contextvars
import datetime
import enum
import fractions
import http
import io
import operator
import os
import signal
import socket
import sys
import threading
import types

import oracle

LEVEL = contextvars.ContextVar("level")


class Speed(enum.IntEnum):
    FAST = 3


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Bits(enum.IntFlag):
    LOW = 1
    HIGH = 2


class Ratio(float, enum.Enum):
    HALF = 0.5


class Plain(int):
    pass


class Own(int):
    def __repr__(self):
        return "own!"


class Raw(bytes):
    def __repr__(self):
        return "raw!"


class Number(float):
    pass


def messages():
    locked = threading.Lock()
    locked.acquire()
    arguments = [
        *(threading.Lock(), locked, threading.RLock(), threading.Condition()),
        *(LEVEL, Speed.FAST, Rights.READ | Rights.WRITE, Rights.READ, Bits.LOW | Bits.HIGH, Ratio.HALF),
        *(signal.SIGUSR1, http.HTTPStatus.CONFLICT, socket.AF_INET, Plain(7), Own(7), Number(1.5), Raw(b"x")),
        *(True, 3, 2.5, b"bytes", bytearray(b"x"), types.MappingProxyType({"a": 1}), fractions.Fraction(1, 3)),
        *(datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))),
        *(datetime.timezone(datetime.timedelta(hours=5), "there"), datetime.timedelta(days=-1, seconds=5)),
        *(io.StringIO("x"), io.BytesIO(), operator.itemgetter(1), iter([1]), super(Own, Own(1)), [].append),
        *("".__len__, sys._getframe(), memoryview(b"x"), zip(), reversed([1]), type, len, os, object()),
    ]
    error = None
    for argument in arguments:
        try:
            raise ValueError(argument) from error
        except ValueError as raised:
            error = raised
    try:
        raise error
    except ValueError as raised:
        # in a call, so that the line of this frame is still the same in the core
        abort(raised)


def abort(exception=None):
    oracle.write(exception)
    os.abort()


def eager():
    async def work(number):
        if number == 2:
            abort()
        await asyncio.sleep(1000)

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        tasks = [asyncio.create_task(work(number), name="eager %d" % number) for number in range(3)]
        await asyncio.gather(*tasks)

    asyncio.run(main())


def group():
    from exceptiongroup import ExceptionGroup

    def fail(number):
        part = "part %d" % number
        raise ValueError(part)

    errors = []
    for number in range(2):
        try:
            fail(number)
        except ValueError as error:
            errors.append(error)
    try:
        raise ExceptionGroup("both", errors)
    except ExceptionGroup as raised:
        oracle.write()
        os.abort()


if __name__ == "__main__" and sys.argv[1] == "inlined":
    [abort() for item in ["a", "b"] if item == "b"]
elif __name__ == "__main__":
    globals()[sys.argv[1]]()
