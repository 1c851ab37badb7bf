import dramatiq

from shop import broker  # noqa: F401  # First: actors are of the broker that is set.
from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


class OutOfPaper(Exception):
    """Somebody has to fill the printer; nothing is wrong with the program."""


@dramatiq.actor
def invoice(number: int) -> None:
    print(f"invoice {number}: {total(BASKETS[number])} cents", flush=True)


@dramatiq.actor(throws=OutOfPaper)
def print_invoice(number: int) -> None:
    raise OutOfPaper(number)
