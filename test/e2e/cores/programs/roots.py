"""`python roots.py SCENARIO`: aborts where nothing but one thing leads to the exception, or in an unusual process."""

import os
import sys
import threading
import time

import oracle


def fail(number):
    detail = "detail %d" % number
    raise LookupError("failed with %d" % number)


def failed(number):
    try:
        fail(number)
    except LookupError as error:
        return error


class Keeper:
    pass


KEEPER = Keeper()


def last():
    """As the interactive interpreter leaves what it printed."""
    sys.last_value = failed(7)
    if sys.version_info >= (3, 12):
        sys.last_exc = sys.last_value
    oracle.write(sys.last_value) or os.abort()


def kept():
    """On the heap alone, two objects away from any frame."""
    KEEPER.inner = Keeper()
    KEEPER.inner.error = failed(8)
    oracle.write(KEEPER.inner.error) or os.abort()


def ended():
    """A task that waits in the event loop of a thread that ended."""
    import asyncio

    async def waiting():
        note = "waits for ever"
        await asyncio.Event().wait()

    def run():
        loop = asyncio.new_event_loop()
        KEEPER.task = loop.create_task(waiting(), name="left behind")
        KEEPER.loop = loop
        loop.run_until_complete(asyncio.sleep(0.01))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    oracle.write(None) or os.abort()


def subinterpreter():
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _interpreters as interpreters
    other = interpreters.create()
    reader, writer = os.pipe()
    code = "import os, time\ndef inside():\n    note = 'in another interpreter'\n    os.write(%d, b'x')\n    time.sleep(1000)\ninside()"
    threading.Thread(target=interpreters.run_string, args=(other, code % writer), name="other", daemon=True).start()
    os.read(reader, 1)
    time.sleep(0.2)
    try:
        fail(9)
    except LookupError as error:
        oracle.write(error) or os.abort()


def sparse():
    """20 GB of address space, of which next to nothing was touched: the core is as long, and mostly a hole."""
    import mmap

    size = 20 * 10**9
    memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)  # MAP_NORESERVE
    memory[size // 2] = 1
    try:
        fail(10)
    except LookupError as error:
        oracle.write(error) or os.abort()


def cause_in_group():
    """A group that was raised from one of its members."""
    first, second = failed(11), failed(12)
    try:
        raise ExceptionGroup("both", [first, second]) from second
    except ExceptionGroup as error:
        oracle.write(error) or os.abort()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
