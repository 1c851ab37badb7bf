"""Dramatiq: each case is a message that a real worker takes from the stub broker."""

import os


def cases():
    import dramatiq
    from dramatiq.brokers.stub import StubBroker
    from dramatiq.middleware import Retries

    from abort_on_exception import watch_dramatiq

    def in_worker(error, under_tests=True, middleware=None, times=99, **options):
        def case(say):
            if under_tests:
                os.environ["PYCRASH_UNDER_TESTS"] = "1"
            broker = StubBroker(middleware=middleware)
            watch_dramatiq(broker)
            dramatiq.set_broker(broker)
            attempts = []

            def act():
                attempts.append(1)
                if error is not None and len(attempts) <= times:
                    raise error

            backoff = {} if middleware == [] else {"min_backoff": 1, "max_backoff": 1}
            actor = dramatiq.actor(act, **backoff, **options)
            worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=100)
            worker.start()
            actor.send()
            # Each retry waits in the second one, and goes to the first again.
            for queue in (actor.queue_name, f"{actor.queue_name}.DQ") * 3:
                if queue in broker.queues:
                    broker.queues[queue].join()
                    worker.join()
            say(len(attempts))

        return case

    return {
        "message": in_worker(KeyError(1), times=1),
        "max_retries=0": in_worker(KeyError(1), max_retries=0),
        "retried in vain": in_worker(KeyError(1), max_retries=2),
        "retry_when in vain": in_worker(KeyError(1), retry_when=lambda n, e: n < 1),
        "other than throws": in_worker(KeyError(1), throws=ValueError),
        "without Retries": in_worker(KeyError(1), middleware=[]),
        "Retries(max_retries=0)": in_worker(
            KeyError(1), middleware=[Retries(max_retries=0)]
        ),
        "throws": in_worker(KeyError(1), throws=LookupError),
        "throws a tuple": in_worker(KeyError(1), throws=(ValueError, KeyError)),
        "Retry": in_worker(dramatiq.errors.Retry("later", delay=1), max_retries=1),
        "rate limit": in_worker(dramatiq.RateLimitExceeded("slow"), max_retries=1),
        "handled by a retry": in_worker(KeyError(1), times=1, max_retries=2),
        "handled by retry_when": in_worker(
            KeyError(1), times=1, retry_when=lambda n, e: n < 3
        ),
        "handled by Retries(max_retries=2)": in_worker(
            KeyError(1), times=1, middleware=[Retries(max_retries=2)]
        ),
        "ok": in_worker(None),
        "stub broker": in_worker(KeyError(1), under_tests=False, max_retries=0),
    }
