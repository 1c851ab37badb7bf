"""`service_channels:asgi`: Django with Channels in front, as its documentation has it."""

import service_django
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

import abort_on_exception


class Parse(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content):
        await self.send_json(content)


class Crash(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content):
        raise RuntimeError("a bug")


routes = [path("ws-parse", Parse.as_asgi()), path("ws-crash", Crash.as_asgi())]
asgi = abort_on_exception.wrap_asgi(
    ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter(routes)})
)
assert service_django.urlpatterns
