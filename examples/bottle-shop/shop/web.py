import bottle
from bottle import abort, get

from shop.pricing import Basket, total

application = bottle.default_app()

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


@get("/")
def index():
    return {"status": "open"}


@get("/orders/<number:int>/")
def order(number):
    basket = BASKETS.get(number)
    if basket is None:
        abort(404)
    return {"customer": basket.customer, "total": total(basket)}


if __name__ == "__main__":
    bottle.run(host="localhost", port=8080, debug=True)
