"""`python crash.py SCENARIO`: raises, writes the truth with oracle.py, and aborts in the way the scenario says."""

import os
import sys
import threading
import time

import kinds
import oracle


def checkout(basket, depth=0):
    total = len(basket) * 10
    if depth < 5:
        return checkout(basket + [depth], depth + 1)
    try:
        try:
            kinds.raise_with_numbers()
        except KeyError as missing:
            price = "unknown"
            raise ValueError("no price for %r" % basket[-1]) from missing
    except ValueError:
        attempt = 2
        raise RuntimeError("checkout failed", total)


def abort_in_except():
    try:
        checkout(["book"])
    except RuntimeError as caught:
        oracle.write(caught) or os.abort()


def abort_in_callee_of_except():
    try:
        checkout(["book"])
    except RuntimeError:
        give_up("for good")


def give_up(reason):
    oracle.write(sys.exc_info()[1]) or os.abort()


def abort_in_excepthook():
    def hook(kind, value, trace):
        oracle.write(value) or os.abort()

    sys.excepthook = hook
    checkout(["pen"])


def abort_in_threading_excepthook():
    def hook(args):
        oracle.write(args.exc_value) or os.abort()

    threading.excepthook = hook
    thread = threading.Thread(target=checkout, args=(["thread"],), name="checkout-thread")
    thread.start()
    thread.join()


def abort_with_eight_threads():
    started = threading.Barrier(9)
    never = threading.Event()

    def wait_in_event(number):
        label = "event %d" % number
        started.wait()
        never.wait()

    def wait_in_sleep(number):
        label = "sleep %d" % number
        started.wait()
        nap(1000 + number)

    def nap(seconds):
        time.sleep(seconds)

    def wait_while_handling(number):
        try:
            raise LookupError("handled in thread %d" % number)
        except LookupError:
            started.wait()
            never.wait()

    kinds_of_wait = [wait_in_event, wait_in_sleep, wait_while_handling]
    for number in range(8):
        threading.Thread(
            target=kinds_of_wait[number % 3], args=(number,), name="worker %d" % number, daemon=True
        ).start()
    started.wait()
    abort_in_except()


def abort_in_asyncio():
    import asyncio

    async def fetch(name, delay):
        try:
            await asyncio.sleep(delay)
        finally:
            ended = name

    async def gather_prices(names):
        label = "prices"
        for name in names:
            await fetch(name, 1000)

    async def serve():
        asyncio.get_running_loop().create_task(gather_prices(["book", "pen"]))
        if sys.version_info >= (3, 8):
            asyncio.create_task(fetch("direct", 2000), name="direct fetch")
        await asyncio.sleep(0.05)
        await handle("the request")

    async def handle(request):
        try:
            checkout([request])
        except RuntimeError as caught:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            oracle.write(caught, sorted(others, key=lambda task: task.get_name())) or os.abort()

    asyncio.run(serve())


def abort_with_group():
    def fail(kind, *args):
        try:
            raise kind(*args)
        except Exception as error:
            error.add_note("seen by fail")
            error.add_note("second\nnote")
            return error

    try:
        try:
            checkout(["group"])
        except RuntimeError as first:
            inner = ExceptionGroup("inner", [fail(OSError, 2, "No such file"), fail(TypeError, "t")])
            raise ExceptionGroup("outer", [fail(ValueError, "v"), inner, first]) from None
    except ExceptionGroup as caught:
        oracle.write(caught) or os.abort()


def abort_after_being_handled():
    try:
        checkout(["kept"])
    except RuntimeError as caught:
        kept = caught
    late(kept)


def late(error):
    oracle.write(error) or os.abort()


def abort_while_running_generators():
    def produce(count):
        step = 3
        for each in range(count):
            yield each * step
            if each == 2:
                checkout(["generator"])

    class Consumer:
        limit = 5

        def consume(self):
            return [number for number in produce(self.limit)]

    try:
        Consumer().consume()
    except RuntimeError as caught:
        oracle.write(caught) or os.abort()


SCENARIOS = {
    "except": abort_in_except,
    "callee": abort_in_callee_of_except,
    "excepthook": abort_in_excepthook,
    "threading": abort_in_threading_excepthook,
    "threads": abort_with_eight_threads,
    "asyncio": abort_in_asyncio,
    "group": abort_with_group,
    "handled": abort_after_being_handled,
    "generators": abort_while_running_generators,
}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]]()
