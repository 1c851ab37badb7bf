from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


@view_config(route_name="index", renderer="json")
def index(request):
    return {"status": "open"}


@view_config(route_name="order", renderer="json")
def order(request):
    basket = BASKETS.get(int(request.matchdict["number"]))
    if basket is None:
        raise HTTPNotFound
    return {"customer": basket.customer, "total": total(basket)}


@view_config(context=Exception, renderer="json")
def sorry(error, request):
    request.response.status_int = 500
    return {"status": "sorry"}
