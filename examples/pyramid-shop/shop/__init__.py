"""A small shop: a factory as PasteDeploy calls it, and views that a scan finds."""

from pyramid.config import Configurator


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.add_route("index", "/")
        config.add_route("order", r"/orders/{number:[0-9]{1,9}}/")
        config.scan()
    return config.make_wsgi_app()
