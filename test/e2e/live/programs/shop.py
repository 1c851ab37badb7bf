"""Threads, tasks and an exception being handled; says what threads it has, then waits."""

import asyncio
import json
import os
import queue
import sys
import threading


def fetch(jobs, number):
    password = "correct horse battery"
    return jobs.get(), password, number


async def pay(order):
    await asyncio.sleep(3600)
    return order


async def checkout(order):
    return await pay(order)


def serve_tasks(started):
    async def main():
        tasks = [asyncio.ensure_future(checkout({"order": n})) for n in (1, 2)]
        await asyncio.sleep(0)
        started.set()
        await asyncio.gather(*tasks)

    asyncio.run(main())


def handle(environ, release):
    try:
        return int(environ["QUERY_STRING"])
    except ValueError as error:
        release.wait()
        return error


def main():
    jobs = queue.Queue()
    release = threading.Event()
    started = threading.Event()
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/cart",
        "QUERY_STRING": "four",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "shop",
        "HTTP_HOST": "shop",
    }
    threads = [threading.Thread(target=fetch, args=(jobs, n), name=f"fetch-{n}") for n in range(2)]
    threads.append(threading.Thread(target=serve_tasks, args=(started,), name="tasks"))
    threads.append(threading.Thread(target=handle, args=(environ, release), name="request"))
    for thread in threads:
        thread.daemon = True
        thread.start()
    started.wait()
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    sys.stdout.write(json.dumps({"pid": os.getpid(), "threads": names}) + "\n")
    sys.stdout.flush()
    release.wait()


main()
