"""RQ: each case is a job that a real worker takes from a real Redis."""

import atexit
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import types


def cases():
    import redis
    from rq import Queue, Retry, SimpleWorker

    from abort_on_exception import abort_on_rq_failure, watch_rq

    folder = tempfile.TemporaryDirectory()
    socket = f"{folder.name}/redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", socket, "--save", ""],
        stdout=subprocess.DEVNULL,
        cwd=folder.name,
    )
    atexit.register(lambda: (server.terminate(), server.wait(), folder.cleanup()))
    for _ in range(600):
        with contextlib.suppress(redis.exceptions.ConnectionError):
            if redis.Redis(unix_socket_path=socket).ping():
                break
        time.sleep(0.1)

    def in_worker(error, database, watch=True, handlers=None, **options):
        def case(say):
            os.dup2(2, 1)  # Its log goes there.

            def job():
                if error is not None:
                    raise error

            sys.modules["jobs"] = types.SimpleNamespace(job=job, __name__="jobs")
            connection = redis.Redis(unix_socket_path=socket, db=database)
            queue = Queue("jobs", connection=connection)
            queued = queue.enqueue("jobs.job", **options)
            worker = SimpleWorker(
                [queue], connection=connection, exception_handlers=handlers
            )
            (watch_rq if watch else bool)(worker)
            worker.work(burst=True, max_jobs=1)
            queued.refresh()
            say(getattr(queued.get_status(), "value", queued.get_status()))

        return case

    def synchronous(say):
        connection = redis.Redis(unix_socket_path=socket, db=9)
        sys.modules["jobs"] = types.SimpleNamespace(job=lambda: {}["x"])
        queue = Queue("jobs", connection=connection, is_async=False)
        queued = queue.enqueue("jobs.job")
        say(getattr(queued.get_status(), "value", queued.get_status()))

    return {
        "job": in_worker(KeyError(1), 1),
        "by its name": in_worker(
            KeyError(1), 2, watch=False, handlers=[abort_on_rq_failure]
        ),
        "retried": in_worker(KeyError(1), 3, retry=Retry(max=1)),
        "IGNORE": in_worker(BlockingIOError(1), 4),
        "ok": in_worker(None, 5),
        "not watched": in_worker(KeyError(1), 6, watch=False),
        "synchronous": synchronous,
    }
