"""Aborts in a gevent greenlet while others wait, have not begun, or are done; the truth is in the oracle's tasks."""

import os

import gevent
import gevent.event
import oracle


class Worker(gevent.Greenlet):
    pass


def wait_for(event, label, depth=2):
    if depth:
        return wait_for(event, label, depth - 1)
    reason = "waits for " + label
    # map is C code: the interpreter's loop is entered anew
    return list(map(lambda each: each.wait(), [event]))


def sleep(label):
    seconds = 1000
    gevent.sleep(seconds)


def handle(request):
    try:
        {}["price of " + request]
    except KeyError as caught:
        # Of the others gr_frame is not asked for: that would put their frames in order (greenlet, expose_frames).
        oracle.write(caught, greenlets=[("waiting (gevent._gevent_cgreenlet.Greenlet)", named)]) or os.abort()


never = gevent.event.Event()
done = gevent.spawn(len, "done")
named = gevent.spawn(wait_for, never, "the event")
named.name = "waiting"
plain = gevent.spawn(sleep, "plain")
worker = Worker(wait_for, never, "the worker")
worker.name = "worker"
worker.start()
gevent.sleep(0)
later = gevent.Greenlet(sleep, "later")
crasher = gevent.spawn(handle, "book")
crasher.join()
