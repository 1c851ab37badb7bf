import falcon

from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


class Status:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.media = {"status": "open"}


class Order:
    def on_get(self, req: falcon.Request, resp: falcon.Response, number: int) -> None:
        basket = BASKETS.get(number)
        if basket is None:
            raise falcon.HTTPNotFound
        resp.media = {"customer": basket.customer, "total": total(basket)}
