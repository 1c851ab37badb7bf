"""
`robustness.py ROW`: brings one hard case about, in a process whose end tells. PYCRASH options come by the environment.
"""

import sys

if sys.argv[1].startswith("gevent"):
    # As gunicorn's gevent worker does: before the application is imported.
    from gevent import monkey

    monkey.patch_all()

import json
import logging
import logging.handlers
import os
import queue
import resource
import threading
import time

from django.conf import settings

import abort_on_exception as module

ROWS = {}


def row(function):
    ROWS[function.__name__] = function
    return function


def configure(**options):
    settings.configure(PYCRASH=options, LOGGING_CONFIG=None, DEBUG=False)
    module.install()


def boom(text="boom"):
    raise RuntimeError(text)


def crash(text="boom", request=None):
    try:
        boom(text)
    except RuntimeError as exception:
        module.handle(exception, request)


@row
def plain():
    configure()
    crash()


@row
def sentry():
    import sentry_sdk
    from sentry_sdk.transport import HttpTransport

    class FarAway(HttpTransport):
        """Takes its time, in a thread of its own, as one to another continent does."""

        def _send_request(self, *args, **kwargs):
            time.sleep(0.5)
            return super()._send_request(*args, **kwargs)

    sentry_sdk.init(dsn=os.environ["DSN"], transport=FarAway)
    configure()
    crash("for Sentry")


@row
def debug():
    settings.configure(DEBUG=True)
    crash()


@row
def tests():
    configure()
    from django.test.utils import setup_test_environment

    setup_test_environment()
    crash()


@row
def runserver():
    configure()
    sys.argv[1:] = ["runserver"]
    crash()


@row
def eight_threads():
    configure(BUDGET_PER_FINGERPRINT=10)
    barrier = threading.Barrier(8)

    def work():
        barrier.wait()
        crash()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@row
def same_exception_twice():
    configure(MODE="log")
    try:
        boom()
    except RuntimeError as exception:
        module.handle(exception)
        module.handle(exception)


@row
def log_handler_crashes_again():
    class Handler(logging.Handler):
        def emit(self, record):
            crash("from the handler")

    configure()
    logging.getLogger("pycrash").addHandler(Handler())
    crash()


@row
def log_handler_fails():
    class Handler(logging.Handler):
        def handle(self, record):
            raise OSError("the log went away")

    configure()
    logging.getLogger("pycrash").addHandler(Handler())
    crash()


@row
def log_handler_hangs():
    class Handler(logging.Handler):
        def emit(self, record):
            time.sleep(3600)

    configure(FLUSH_SECONDS=0.5)
    logging.getLogger("pycrash").addHandler(Handler())
    crash()


@row
def callback_exits():
    configure(CALLBACKS=["callbacks_of_test.exits"])
    crash()


@row
def callback_raises():
    configure(CALLBACKS=["there.is_no_such", "callbacks_of_test.fails"])
    crash()


@row
def callback_is_called():
    configure(CALLBACKS=["callbacks_of_test.says"])
    crash()


@row
def str_raises():
    class Mean(Exception):
        def __str__(self):
            raise ValueError("no text")

        __repr__ = __str__

    configure()
    try:
        raise Mean
    except Mean as exception:
        module.handle(exception)


@row
def message_of_50_megabytes():
    configure()
    crash("x" * 50_000_000)


@row
def bottom_of_the_stack():
    configure()

    def down():
        try:
            down()
        except RecursionError as exception:
            module.handle(exception)
            raise

    down()


@row
def no_memory():
    configure()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[0])
    limit = pages * resource.getpagesize() + (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    hoard = []
    try:
        while True:
            hoard.append(bytearray(1 << 16))
    except MemoryError as exception:
        module.handle(exception)


@row
def queue_handler():
    class Slow(logging.Handler):
        def emit(self, record):
            time.sleep(0.3)
            os.write(1, b"listened: " + record.getMessage().encode())

    records = queue.Queue()
    logging.getLogger("pycrash").addHandler(logging.handlers.QueueHandler(records))
    logging.handlers.QueueListener(records, Slow()).start()
    configure()
    crash()


@row
def memory_handler():
    target = logging.StreamHandler(sys.stdout)
    handler = logging.handlers.MemoryHandler(100, logging.CRITICAL + 1, target)
    logging.getLogger("pycrash").addHandler(handler)
    configure()
    crash()


@row
def buffered_stdout():
    configure()
    sys.stdout.write("not lost")
    crash()


@row
def formatter():
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(module.JSONFormatter())
    logging.getLogger("pycrash").addHandler(handler)
    configure()
    crash()


def someone_elses(*args):
    print("someone else's", flush=True)


@row
def excepthook_is_replaced():
    configure()
    sys.excepthook = someone_elses
    boom()


@row
def excepthook_is_called_for_what_is_handled():
    configure()
    try:
        boom()
    except RuntimeError:
        sys.excepthook(*sys.exc_info())
    print("goes on", flush=True)


@row
def debugger_keeps_what_it_looked_at():
    configure()
    try:
        boom()
    except RuntimeError as exception:
        sys.last_value = exception  # As code.InteractiveInterpreter does, for pdb.pm().
    print("goes on", flush=True)


@row
def interactive():
    configure()
    sys.ps1 = ">>> "
    print("goes on", flush=True)
    boom()


@row
def lost_transport():
    import asyncio

    async def main():
        # As asyncio's transports do where a client has reset its connection.
        context = {"message": "Fatal write error", "exception": RuntimeError("boom"), "transport": object()}
        asyncio.get_running_loop().call_exception_handler(context)

    configure()
    asyncio.run(main())
    print("goes on", flush=True)


def start_thread(target):
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()


@row
def threads_hook_fails():
    def fails(args):
        print("someone else's", flush=True)
        raise OSError("the log went away")

    configure()
    threading.excepthook = fails
    start_thread(boom)


@row
def threads_hook_is_replaced():
    configure()
    start_thread(time.time)
    hook = threading.excepthook
    start_thread(time.time)
    assert threading.excepthook is hook  # Not one more for each thread.
    # Without the exception, as a program may call it.
    hook(threading.ExceptHookArgs((ValueError, None, None, None)))
    threading.excepthook = someone_elses
    start_thread(boom)


@row
def own_handler_of_tasks():
    import asyncio

    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    configure()

    async def main():
        asyncio.get_running_loop().set_exception_handler(None)
        asyncio.get_running_loop().set_exception_handler(someone_elses)

        async def work():
            boom()

        task = asyncio.ensure_future(work())
        await asyncio.sleep(0.01)
        del task

    asyncio.run(main())


@row
def log_file():
    configure()
    crash(request={"REQUEST_METHOD": "GET", "PATH_INFO": "/a/", "HTTP_TRACEPARENT": "00-abc-def-01"})


@row
def fork():
    configure(MODE="fork")
    crash()
    time.sleep(0.5)
    print("still here")


@row
def budget_of_three():
    configure(BUDGET=3, BUDGET_PER_FINGERPRINT=100)
    crash()


@row
def budget_in_use():
    import fcntl

    configure(BUDGET=1)
    directory = os.environ["PYCRASH_BUDGET_DIRECTORY"]
    os.mkdir(directory, 0o700)
    # Another process, which takes the one abort while it has the lock.
    other = open(os.path.join(directory, "abort_on_exception.budget"), "w")
    fcntl.flock(other, fcntl.LOCK_EX)

    def take():
        time.sleep(0.5)
        other.write("%r abc\n" % time.time())
        other.close()

    thread = threading.Thread(target=take)
    thread.start()
    crash()
    thread.join()


@row
def two_of_a_kind():
    configure()
    crash()


@row
def ignore():
    configure(IGNORE=["builtins.Exception"])
    crash()


@row
def group_of_ignored():
    configure(IGNORE=["builtins.RuntimeError"])
    group = ExceptionGroup("g", [RuntimeError(1), ExceptionGroup("h", [RuntimeError(2)])])  # noqa: F821
    module.handle(group)
    print("ignored", flush=True)
    module.handle(ExceptionGroup("g", [RuntimeError(1), KeyError(2)]))  # noqa: F821


@row
def python_handler_for_sigabrt():
    import signal

    signal.signal(signal.SIGABRT, lambda *args: os._exit(1))
    configure()
    crash()


@row
def blocked_sigabrt():
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGABRT])
    configure()
    crash()


@row
def faulthandler_on():
    import faulthandler

    faulthandler.enable()
    configure()
    crash()


@row
def gevent():
    import gevent

    configure(FLUSH_SECONDS=0.5)
    print("patched", flush=True)
    gevent.spawn(boom)
    gevent.sleep(0.1)


@row
def gevent_log_handler_hangs():
    import gevent

    class Handler(logging.Handler):
        def emit(self, record):
            monkey.get_original("time", "sleep")(3600)  # No greenlet runs meanwhile.

    configure(FLUSH_SECONDS=0.5)
    logging.getLogger("pycrash").addHandler(Handler())
    gevent.spawn(boom)
    gevent.sleep(0.1)


@row
def warning():
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    configure()
    module.install()


@row
def dumpable():
    import ctypes

    configure(DUMPABLE=os.environ["WANTED"] == "1")
    os.setgid(65534)
    os.setuid(65534)
    module.allow_core(dumpable=module._option("DUMPABLE"))
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))


@row
def errors():
    settings.configure(PYCRASH=eval(os.environ["OPTIONS"]))
    module.install()
    from django.core.checks.registry import registry

    for error in registry.run_checks(tags=["pycrash"]):
        print(error.id, error.msg)


@row
def middleware_refuses():
    from django.core.exceptions import ImproperlyConfigured

    settings.configure(PYCRASH={"MODE": "explode"})
    try:
        module.AbortOnUncaughtExceptionMiddleware(None)
    except ImproperlyConfigured as error:
        print(error)


@row
def frozen_exception():
    import dataclasses

    @dataclasses.dataclass(frozen=True)
    class Frozen(Exception):
        code: int

    configure(MODE="log")
    exception = Frozen(1)
    module.handle(exception)
    module.handle(exception)


@row
def attribute_named_exceptions():
    class Several(Exception):
        exceptions = ["not", "exceptions"]

    configure()
    module.handle(Several())


@row
def logging_is_configured_later():
    import logging.config

    configure()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": True,
            "handlers": {"out": {"class": "logging.StreamHandler", "stream": sys.stdout}},
            "root": {"handlers": ["out"]},
        }
    )
    crash()


@row
def listener_is_gone():
    # What a worker has of a listener that was started before the fork: a queue that nobody reads.
    records = queue.Queue()
    logger = logging.getLogger("pycrash")
    logger.addHandler(logging.handlers.QueueHandler(records))
    target = logging.StreamHandler(sys.stdout)
    logger.addHandler(logging.handlers.MemoryHandler(100, logging.CRITICAL + 1, target))
    configure(MODE=os.environ.get("WANTED", "abort"), FLUSH_SECONDS=1.5)
    crash()
    print("still here")


@row
def memory_behind_queue():
    records = queue.Queue()
    target = logging.StreamHandler(sys.stdout)
    handler = logging.handlers.MemoryHandler(100, logging.CRITICAL + 1, target)
    logging.getLogger("pycrash").addHandler(logging.handlers.QueueHandler(records))
    logging.handlers.QueueListener(records, handler).start()
    configure()
    crash()


@row
def no_working_directory():
    import tempfile

    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)
    configure()
    if "CRASH" in os.environ:
        crash()


@row
def changed_user():
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    import ctypes  # noqa: F401  The interpreter may lie where only root can read.

    os.setgid(65534)
    os.setuid(65534)
    configure(DUMPABLE=os.environ["WANTED"] == "1")


@row
def nothing_is_kept():
    import gc
    import weakref

    class Ours(Exception):
        pass

    class Request:
        META = {}

    configure(MODE=os.environ["WANTED"], BUDGET=int(os.environ["WANTED"] == "fork"))
    depth = sys.getrecursionlimit()
    request = Request()
    alive = weakref.ref(request)
    for _ in range(2):
        try:
            raise Ours
        except Ours as exception:
            module.handle(exception, request)
    del request
    gc.collect()
    print(alive(), sys.getrecursionlimit() - depth)


def over_wsgi(application):
    from wsgiref.util import FileWrapper, setup_testing_defaults

    environ = {"wsgi.file_wrapper": FileWrapper}
    setup_testing_defaults(environ)
    return module.wrap_wsgi(application)(environ, lambda *args: None)


@row
def readinto():
    def application(environ, start_response):
        body = bytearray(20)
        size = environ["wsgi.input"].readinto(body)
        json.loads(body[:size])

    import io
    from wsgiref.util import setup_testing_defaults

    configure()
    environ = {"wsgi.input": io.BytesIO(b'{"broken" true}')}
    setup_testing_defaults(environ)
    try:
        module.wrap_wsgi(application)(environ, None)
    except ValueError:
        print("no crash")


@row
def base_exception_group():
    def application(environ, start_response):
        raise BaseExceptionGroup("two", [KeyboardInterrupt(), KeyError(2)])  # noqa: F821

    configure()
    try:
        over_wsgi(application)
    except BaseException:
        pass  # As a server does.


@row
def keyboard_interrupt():
    def application(environ, start_response):
        raise KeyboardInterrupt

    configure()
    try:
        over_wsgi(application)
    except KeyboardInterrupt:
        print("passed on")


@row
def file_of_an_object_store():
    class Remote:
        def read(self, size):
            raise ConnectionError("the store went away")

    def application(environ, start_response):
        return environ["wsgi.file_wrapper"](Remote())

    configure()
    try:
        list(over_wsgi(application))
    except ConnectionError:
        pass  # As a server does.


@row
def file_of_the_kernel():
    bodies = []

    def application(environ, start_response):
        bodies.append(environ["wsgi.file_wrapper"](open("/proc/version", "rb")))
        return bodies[0]

    configure()
    print(over_wsgi(application) is bodies[0])


if __name__ == "__main__":
    ROWS[sys.argv[1]]()
