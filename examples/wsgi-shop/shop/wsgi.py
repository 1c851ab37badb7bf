import json

from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


class Shop:
    def __init__(self, baskets):
        self.baskets = {str(number): basket for number, basket in baskets.items()}

    def __call__(self, environ, start_response):
        status, answer = self.answer(environ["PATH_INFO"].strip("/").split("/"))
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def answer(self, parts):
        if parts == [""]:
            return "200 OK", {"status": "open"}
        if parts[0] == "orders" and len(parts) == 2:
            basket = self.baskets.get(parts[1])
            if basket is not None:
                return "200 OK", {"customer": basket.customer, "total": total(basket)}
        return "404 Not Found", {}


application = Shop(BASKETS)
