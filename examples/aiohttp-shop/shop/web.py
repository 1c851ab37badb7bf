import os

from aiohttp import web

from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}
routes = web.RouteTableDef()


@routes.get("/")
async def index(request: web.Request) -> web.Response:
    return web.json_response({"status": "open"})


@routes.get(r"/orders/{number:[0-9]{1,9}}/")
async def order(request: web.Request) -> web.Response:
    basket = BASKETS.get(int(request.match_info["number"]))
    if basket is None:
        raise web.HTTPNotFound
    return web.json_response({"customer": basket.customer, "total": total(basket)})


def create_app() -> web.Application:
    app = web.Application()
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    web.run_app(create_app(), host="127.0.0.1", port=int(os.environ["PORT"]))
