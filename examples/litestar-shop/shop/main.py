from litestar import Litestar, get
from litestar.exceptions import NotFoundException

from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


@get("/")
async def index() -> dict[str, str]:
    return {"status": "open"}


@get("/orders/{number:int}/")
async def order(number: int) -> dict[str, object]:
    basket = BASKETS.get(number)
    if basket is None:
        raise NotFoundException
    return {"customer": basket.customer, "total": total(basket)}


app = Litestar(route_handlers=[index, order])
