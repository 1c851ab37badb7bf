"""`python free_threaded.py`: what many threads have made and changed at once, in the locals of one traceback."""

import collections
import os
import threading
import weakref

import oracle

ROUNDS = 300


class Account:
    """Its values lie in the object until a dict is made of them."""

    def __init__(self, owner):
        self.owner = owner
        self.balance = 0


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self, number):
        self.left = number
        self.right = [number]


class Referred:
    pass


def work(number, shared, barrier, done):
    """Several threads write to each container, make objects for the others, and drop theirs."""
    mine = [object() for _ in range(ROUNDS)]
    account = shared["accounts"][number % 2]
    barrier.wait()
    for turn in range(ROUNDS):
        shared["dict"]["%d-%d" % (number, turn % 20)] = turn
        shared["list"].append(turn)
        shared["set"].add((number, turn % 7))
        shared["set"].discard((number, (turn + 3) % 7))
        shared["deque"].append(number)
        setattr(account, "attribute_%d" % (turn % 5), turn)
        mine.pop()
    shared["objects"].append(Slotted(number))
    barrier.wait()
    shared["list"][:] = sorted(shared["list"])[:20]
    done.acquire()


def raise_with(shared):
    first, second = shared["accounts"]
    dictionary = shared["dict"]
    numbers = shared["list"]
    chosen = shared["set"]
    last = shared["deque"]
    slotted = shared["objects"]
    changed = vars(second)
    referred = Referred()
    weak = weakref.ref(referred)
    text = "shared by all: \u20ac"
    kept = threading.local()
    kept.value = 1
    large = 2**200
    call = first.__init__
    generator = (each for each in numbers)
    next(generator)
    raise RuntimeError("many threads", len(dictionary))


def main():
    threads = 6
    shared = {
        "dict": {},
        "list": [],
        "set": set(),
        "deque": collections.deque(maxlen=5),
        "objects": [],
        "accounts": [Account("first"), Account("second")],
    }
    barrier = threading.Barrier(threads + 1)
    done = threading.Semaphore(0)
    for number in range(threads):
        words = (number, shared, barrier, done)
        threading.Thread(target=work, args=words, name="worker %d" % number, daemon=True).start()
    barrier.wait()
    barrier.wait()
    try:
        raise_with(shared)
    except RuntimeError as error:
        oracle.write(error) or os.abort()


main()
