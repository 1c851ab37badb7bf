from flask import Blueprint, abort, jsonify

from shop.pricing import Basket, total

orders = Blueprint("orders", __name__)

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


@orders.get("/")
def index():
    return jsonify(status="open")


@orders.get("/orders/<int:number>/")
def order(number: int):
    basket = BASKETS.get(number)
    if basket is None:
        abort(404)
    return jsonify(customer=basket.customer, total=total(basket))
