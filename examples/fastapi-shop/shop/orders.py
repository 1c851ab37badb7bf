from fastapi import APIRouter, HTTPException

from shop.pricing import Basket, total

router = APIRouter()

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


@router.get("/")
async def index():
    return {"status": "open"}


@router.get("/orders/{number}/")
async def order(number: int):
    basket = BASKETS.get(number)
    if basket is None:
        raise HTTPException(404)
    return {"customer": basket.customer, "total": total(basket)}
