"""A shop that takes its orders from a queue, and a job that takes two locks in the wrong order.

`docs/live.md` looks into it while it hangs; after ten minutes it gives up.
"""

import queue
import threading
from typing import Any

stock = threading.RLock()
ledger = threading.RLock()
both_started = threading.Barrier(2)
orders: "queue.Queue[dict[str, Any]]" = queue.Queue()


def sell(article: str, amount: int) -> None:
    with stock:
        both_started.wait()
        with ledger:
            print(f"sold {amount} {article}")


def close_the_day(day: str) -> None:
    with ledger:
        both_started.wait()
        with stock:
            print(f"closed {day}")


def deliver() -> None:
    while True:
        order = orders.get()
        print(f"delivered {order}")


def main() -> None:
    seller = threading.Thread(target=sell, args=("lamp", 3), name="seller", daemon=True)
    closer = threading.Thread(target=close_the_day, args=("Monday",), name="closer", daemon=True)
    delivery = threading.Thread(target=deliver, name="delivery", daemon=True)
    for thread in (seller, closer, delivery):
        thread.start()
    seller.join(timeout=600)


if __name__ == "__main__":
    main()
