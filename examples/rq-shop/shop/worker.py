import os

from redis import Redis
from rq import Queue, Worker

connection = Redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379/0"))
queue = Queue("invoices", connection=connection)

if __name__ == "__main__":
    worker = Worker([queue], connection=connection)
    worker.work()
