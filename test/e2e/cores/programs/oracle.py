"""Writes down, just before a process aborts, what a reader has to find in its core.

Runs on CPython 3.8 to 3.15. Everything comes from the live process: `traceback.TracebackException` with
`capture_locals=True`, `sys._current_frames()` and `asyncio.all_tasks()`.
"""

import json
import os
import sys
import threading
import time
import traceback


def write(exception=None, tasks=(), request=None, greenlets=()):
    """Writes the truth about this process to the file that PYCRASH_ORACLE names."""
    caller = sys._getframe(1)
    settle()
    truth = {
        "version": sys.version.split()[0],
        "pid": os.getpid(),
        "cwd": os.getcwd(),
        "exception": None if exception is None else describe_exception(exception, set()),
        "aborting": threading.get_ident(),
        "threads": [describe_thread(thread, caller) for thread in threading.enumerate()],
        "tasks": [describe_task(task) for task in tasks]
        + [describe_greenlet(name, greenlet) for name, greenlet in greenlets],
        "request": request,
    }
    path = os.environ["PYCRASH_ORACLE"]
    with open(path + ".part", "w") as file:
        json.dump(truth, file)
    os.replace(path + ".part", path)


def settle():
    """Returns when no other thread has moved for a while: on a busy machine they get to their waits late."""
    same = 0
    before = None
    while same < 5:
        now = [
            (ident, id(frame), frame.f_lasti)
            for ident, frame in sys._current_frames().items()
            if ident != threading.get_ident()
        ]
        same = same + 1 if now == before else 0
        before = now
        if now == [] or same == 5:
            return
        time.sleep(0.03)


def describe_exception(exception, seen):
    seen.add(id(exception))
    kind = type(exception)
    summary = traceback.TracebackException(kind, exception, exception.__traceback__, capture_locals=True)
    frames = [frame for frame, _ in traceback.walk_tb(exception.__traceback__)]
    truth = {
        "id": id(exception),
        "type": kind.__qualname__,
        "module": kind.__module__,
        "message": str(exception),
        "notes": list(getattr(exception, "__notes__", [])),
        "suppress": exception.__suppress_context__,
        "frames": describe_frames(summary.stack, frames),
        "cause": None,
        "context": None,
        "group": [],
    }
    for member in getattr(exception, "exceptions", None) or ():
        if isinstance(member, BaseException) and id(member) not in seen:
            truth["group"].append(describe_exception(member, seen))
    for name, related in (("cause", exception.__cause__), ("context", exception.__context__)):
        if related is not None and id(related) not in seen:
            truth[name] = describe_exception(related, seen)
    return truth


def describe_frames(summaries, frames):
    described = []
    for summary, frame in zip(summaries, frames):
        values = dict(frame.f_locals)
        described.append(
            {
                "file": summary.filename,
                "line": summary.lineno,
                "function": summary.name,
                "qualname": getattr(frame.f_code, "co_qualname", None),
                "source": summary.line,
                "locals": {
                    name: {
                        "type": type(values[name]).__qualname__,
                        "module": type(values[name]).__module__,
                        "repr": text,
                        "id": id(values[name]),
                        "ownRepr": type(values[name]).__repr__ is not object.__repr__,
                    }
                    for name, text in (summary.locals or {}).items()
                },
            }
        )
    return described


def describe_thread(thread, caller):
    frame = caller if thread is threading.current_thread() else sys._current_frames().get(thread.ident)
    frames = [] if frame is None else [each for each, _ in traceback.walk_stack(frame)]
    summary = traceback.StackSummary.extract(
        ((each, each.f_lineno) for each in frames), capture_locals=True
    )
    return {
        "ident": thread.ident,
        "native": thread.native_id,
        "name": thread.name,
        "current": thread is threading.current_thread(),
        "frames": describe_frames(summary, frames),
    }


def describe_task(task):
    chain = []
    frames = []
    awaited = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
        if frame is None:
            break
        frames.append(frame)
        chain.append(awaited.__qualname__)
        awaited = getattr(awaited, "cr_await", None)
    summary = traceback.StackSummary.extract(
        ((each, each.f_lineno) for each in frames), capture_locals=True
    )
    return {"name": task.get_name(), "awaits": chain, "frames": describe_frames(summary, frames)}


def describe_greenlet(name, greenlet):
    frames = [each for each, _ in traceback.walk_stack(greenlet.gr_frame)][::-1]
    summary = traceback.StackSummary.extract(
        ((each, each.f_lineno) for each in frames), capture_locals=True
    )
    return {"name": name, "awaits": [], "frames": describe_frames(summary, frames)}
