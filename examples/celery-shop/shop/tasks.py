from celery.exceptions import Ignore

from shop.celery import app
from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


class OutOfPaper(Exception):
    """Somebody has to fill the printer; nothing is wrong with the program."""


@app.task
def invoice(number: int) -> int:
    return total(BASKETS[number])


@app.task(throws=(OutOfPaper,))
def print_invoice(number: int) -> None:
    raise OutOfPaper(number)


@app.task(bind=True, max_retries=1)
def remind(self, number: int) -> str:
    if self.request.retries == 0:
        raise self.retry(exc=ConnectionError("busy"), countdown=0)
    return BASKETS[number].customer


@app.task
def forget(number: int) -> None:
    raise Ignore
