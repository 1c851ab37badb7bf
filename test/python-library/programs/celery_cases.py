"""Celery: each case is a task, run as a worker runs it."""

import sys


def cases():
    from billiard.exceptions import SoftTimeLimitExceeded
    from celery import Celery
    from celery.app.trace import build_tracer
    from celery.exceptions import Ignore, Reject

    from abort_on_exception import watch_celery

    app = Celery("behaviour", broker="memory://")
    watch_celery(app)

    class Unpicklable(Exception):
        def __init__(self, one, two):
            super().__init__("no")

    def in_worker(function, retries=0, **options):
        def case(say):
            task = app.task(name="task", **options)(function)
            outcome = build_tracer(task.name, task, app=app)(
                "id", (), {}, {"id": "id", "retries": retries}
            )
            say(outcome.info.state if outcome.info else "SUCCESS")

        return case

    def raising(error):
        def task(*args):
            raise error

        return task

    def succeed():
        return 1

    def retry(self):
        raise self.retry(exc=ConnectionError("busy"), countdown=0)

    def eager(say):
        app.conf.task_always_eager = True
        say(app.task(name="task")(raising(KeyError("eager"))).delay().state)

    def under_tests(say):
        import celery.contrib.testing.app  # noqa: F401

        in_worker(raising(KeyError("task")))(say)

    def parent(say):
        # As in celery/worker/request.py, on_failure: the pool's parent.
        from billiard.exceptions import WorkerLostError
        from celery import signals

        task = app.task(name="task")(raising(KeyError("task")))
        task.push_request(id="id")
        try:
            raise WorkerLostError("signal 6")
        except WorkerLostError as error:
            signals.task_failure.send(sender=task, task_id="id", exception=error)
        say("sent")

    def called(say):
        try:
            app.task(name="task")(raising(KeyError("task")))()
        except KeyError:
            say("KeyError")

    def worker(say):
        from celery import signals

        say(sys.excepthook is sys.__excepthook__)
        signals.worker_init.send(sender=None)
        raise SystemExit

    return {
        "task": in_worker(raising(KeyError("task"))),
        "unpicklable": in_worker(raising(Unpicklable(1, 2))),
        "soft time limit": in_worker(raising(SoftTimeLimitExceeded())),
        "other than throws": in_worker(raising(KeyError(1)), throws=(ValueError,)),
        "retried in vain": in_worker(retry, retries=1, bind=True, max_retries=1),
        "autoretry in vain": in_worker(
            raising(KeyError(1)),
            retries=1,
            autoretry_for=(KeyError,),
            max_retries=1,
        ),
        "retried": in_worker(retry, bind=True, max_retries=1),
        "autoretry": in_worker(raising(KeyError(1)), autoretry_for=(KeyError,)),
        "throws": in_worker(raising(KeyError(1)), throws=(LookupError,)),
        "Ignore": in_worker(raising(Ignore())),
        "Reject": in_worker(raising(Reject("no"))),
        "exit": in_worker(raising(SystemExit())),
        "ok": in_worker(succeed),
        "eager": eager,
        "called": called,
        "celery.contrib.testing": under_tests,
        "parent of the pool": parent,
        "only sends": worker,
    }
