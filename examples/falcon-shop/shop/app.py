import falcon

from shop.orders import Order, Status


def create_app() -> falcon.App:
    app = falcon.App()
    app.add_route("/", Status())
    app.add_route("/orders/{number:int}/", Order())
    return app
