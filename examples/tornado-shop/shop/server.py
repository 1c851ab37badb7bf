import asyncio
import os

import tornado.web

from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


class IndexHandler(tornado.web.RequestHandler):
    def get(self) -> None:
        self.write({"status": "open"})


class OrderHandler(tornado.web.RequestHandler):
    async def get(self, number: str) -> None:
        basket = BASKETS.get(int(number))
        if basket is None:
            raise tornado.web.HTTPError(404)
        self.write({"customer": basket.customer, "total": total(basket)})


def make_app() -> tornado.web.Application:
    app = tornado.web.Application(
        [
            (r"/", IndexHandler),
            (r"/orders/([0-9]{1,9})/", OrderHandler),
        ]
    )
    return app


async def main() -> None:
    app = make_app()
    app.listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
