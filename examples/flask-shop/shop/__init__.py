"""A small shop: an application factory and one blueprint."""

from flask import Flask

from shop.orders import orders


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(orders)
    return app
