"""`python whose.py SCENARIO`: crashes while other threads, tasks and objects hold exceptions of their own."""

import asyncio
import ctypes
import logging
import os
import queue
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import oracle


class PaymentError(Exception):
    pass


def fail(text):
    raise PaymentError(text)


def retry():
    try:
        fail("of a thread that tries again")
    except PaymentError:
        time.sleep(1000)


def beside(target, name="retrier"):
    threading.Thread(target=target, name=name, daemon=True).start()
    time.sleep(0.3)


def segfault(order):
    basket = ["apples", order]
    oracle.write()
    ctypes.string_at(0)


def retried():
    beside(retry)
    segfault(42)


def pool():
    """A worker of a pool that has logged its failure and waits for the next job."""

    def job():
        try:
            fail("of a job")
        except PaymentError:
            logging.getLogger("quiet").debug("failed", exc_info=True)
            time.sleep(1000)

    ThreadPoolExecutor(1).submit(job)
    time.sleep(0.3)
    segfault(43)


def worker():
    """The main thread waits in an `except`, a worker crashes."""
    try:
        fail("of the main thread")
    except PaymentError:
        thread = threading.Thread(target=segfault, args=(44,), name="worker")
        thread.start()
        thread.join()


def both():
    """The thread that crashes has an exception of its own."""
    beside(retry)
    try:
        fail("of the crash")
    except PaymentError as error:
        oracle.write(error)
        os.abort()


def fault():
    """A fault while an exception is handled."""
    try:
        fail("handled at the fault")
    except PaymentError as error:
        oracle.write(error)
        ctypes.string_at(0)


def outside():
    """A watchdog kills what sleeps in an `except`."""
    victim = os.getpid()
    try:
        fail("not why")
    except PaymentError:
        oracle.write()
        if os.fork() == 0:
            os.kill(victim, signal.SIGABRT)
            os._exit(0)
        time.sleep(1000)


def tasks():
    async def again():
        try:
            fail("of a task")
        except PaymentError:
            await asyncio.sleep(1000)

    async def main():
        other = asyncio.ensure_future(again())
        await asyncio.sleep(0.1)
        segfault(45)
        await other

    asyncio.run(main())


def handler():
    """asyncio gives the loop's handler the exception in a dict."""

    def aborting(loop, context):
        oracle.write(context["exception"])
        os.abort()

    async def main():
        asyncio.get_running_loop().set_exception_handler(aborting)
        asyncio.get_running_loop().call_soon(fail, "of a callback")
        await asyncio.sleep(1000)

    asyncio.run(main())


def native_future():
    async def main():
        future = asyncio.get_running_loop().create_future()
        future.set_exception(caught("in a future in C"))
        oracle.write(future.exception())
        os.abort()

    asyncio.run(main())


def caught(text):
    try:
        fail(text)
    except PaymentError as error:
        return error


def pool_future():
    def done(job):
        wait([job])
        oracle.write(job.exception())
        os.abort()

    done(ThreadPoolExecutor(1).submit(fail, "in a future of a pool"))


def record():
    """What a log handler in another thread gets: the exception is in a tuple in an attribute."""
    records = queue.Queue()

    class Handler(logging.Handler):
        def emit(self, record):
            records.put(record)

    logging.getLogger("shop").addHandler(Handler())
    try:
        fail("in a log record")
    except PaymentError:
        logging.getLogger("shop").exception("failed")

    def consume():
        record = records.get()
        oracle.write(record.exc_info[1])
        os.abort()

    thread = threading.Thread(target=consume)
    thread.start()
    thread.join()


def attribute():
    class Job:
        def finish(self):
            oracle.write(self.error)
            os.abort()

    job = Job()
    job.error = caught("in an attribute")
    job.finish()


def in_list():
    errors = [caught("the first of a list"), caught("the second")]
    oracle.write(errors[0])
    os.abort()


def subinterpreter():
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _interpreters as interpreters
    code = "import ctypes\ndef inside(order):\n    ctypes.string_at(0)\ninside(46)"
    try:
        fail("of the main interpreter")
    except PaymentError:
        oracle.write()
        interpreters.run_string(legacy(interpreters), code)


def legacy(interpreters):
    """One that may import ctypes: each version asks for it in its own way."""
    for words, names in ((("legacy",), {}), ((), {"isolated": False})):
        try:
            return interpreters.create(*words, **names)
        except TypeError:
            pass
    return interpreters.create()


def overflow():
    """A stack overflow by recursion through C."""
    sys.setrecursionlimit(10**6)
    threading.stack_size(16 * 1024 * 1024)

    class Endless(list):
        def __repr__(self):
            return repr([self])

    def run():
        oracle.write()
        repr(Endless())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def deep():
    """Two functions that call each other until Python stops them, and more frames than a report has."""
    sys.setrecursionlimit(10**5)
    threading.stack_size(512 * 1024 * 1024)

    def even(number):
        if number == 0:
            culprit = "innermost"
            raise PaymentError("at the bottom")
        odd(number - 1)

    def odd(number):
        even(number - 1)

    def run():
        try:
            even(6000)
        except PaymentError:
            oracle.write()
            os.abort()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def chain():
    error = caught("what began it all")
    for number in range(150):
        try:
            try:
                raise error
            except PaymentError:
                raise PaymentError("attempt %d" % number)
        except PaymentError as next_error:
            error = next_error
    oracle.write()
    try:
        raise error
    except PaymentError:
        os.abort()


def crowd():
    """More threads than any page shows, each with a local of its own."""
    event = threading.Event()

    def wait_as(number):
        mine = "thread-%d" % number
        event.wait()

    for number in range(120):
        threading.Thread(target=wait_as, args=(number,), daemon=True).start()
    both()


def drained(count):
    items = set(range(count))
    table = dict.fromkeys(range(count // 4))
    for number in range(count - 1):
        items.discard(number)
    for number in range(count // 4 - 1):
        del table[number]
    return [items, table]


def went_on():
    """A local still has what was caught and handled in this call, long before the abort."""
    last_error = None
    for attempt in range(2):
        try:
            if attempt == 0:
                fail("of the first attempt")
            break
        except PaymentError as error:
            last_error = error
    oracle.write()
    os.abort()


def post_mortem():
    try:
        fail("kept for a debugger")
    except PaymentError as error:
        sys.last_value = error
        if sys.version_info >= (3, 12):
            sys.last_exc = error
    oracle.write()
    os.abort()


def containers():
    first = drained(1000000)
    second = drained(2000000)
    order = {"number": [7, "apples"]}
    try:
        fail("beside what was drained")
    except PaymentError:
        oracle.write()
        os.abort()


def environment():
    if "--again" not in sys.argv:
        crowded = dict(os.environ, **{"V%d" % number: "x" for number in range(30000)})
        os.execve(sys.executable, [sys.executable, *sys.argv, "--again"], crowded)
    both()


class Keeper:
    pass


KEEPER = Keeper()


def numbers():
    """A heap of numbers that all look like addresses, and one exception that nothing near a frame refers to."""
    import array

    before = array.array("Q", [0x7F0000000000 + 16 * number for number in range(1000000)])
    KEEPER.inner = Keeper()
    KEEPER.inner.error = caught("among numbers")
    after = array.array("Q", [0x7F0000000000 + 48 * number for number in range(1000000)])
    segfault(len(before) + len(after))


def message():
    try:
        fail("x" * 3000 + "END")
    except PaymentError as error:
        error.add_note = None
        oracle.write()
        os.abort()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
