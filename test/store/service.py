"""Charges a card, fails, and aborts with the exception still at hand."""

import os
import sys


class Card:
    def __init__(self, number: str) -> None:
        self.number = number


def charge(card: Card, amount: int) -> float:
    password = "hunter2-of-the-store"
    return amount / len(password[:0])


def serve(order: int) -> None:
    # What random bytes are in the core, no compression makes smaller.
    padding = os.urandom(int(os.environ.get("PADDING", "0")))
    try:
        charge(Card("4111 1111 1111 1111"), order)
    except ZeroDivisionError:
        print(len(padding))
        os.abort()


serve(int(sys.argv[1]))
