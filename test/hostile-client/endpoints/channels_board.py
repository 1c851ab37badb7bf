"""Consumers of the kinds that projects have."""

import asyncio

from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer
from channels.generic.websocket import JsonWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path


class Echo(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        self.send(text_data=text_data, bytes_data=bytes_data)


class EchoJson(JsonWebsocketConsumer):
    def receive_json(self, content):
        self.send_json(content)


class EchoJsonAsync(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content):
        await self.send_json(content)


class Push(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()
        self.task = asyncio.create_task(self.push())

    async def push(self):
        for _ in range(20):
            await self.send(text_data="tick")
            await asyncio.sleep(0.005)

    async def disconnect(self, code):
        self.task.cancel()


class Late(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()

    async def disconnect(self, code):
        await self.send(text_data="bye")
        await self.close()


class Refusing(AsyncWebsocketConsumer):
    async def connect(self):
        await self.close(code=4003)


def with_websockets(django):
    routes = [
        path("board/ws/echo/", Echo.as_asgi()),
        path("board/ws/json/", EchoJson.as_asgi()),
        path("board/ws/json-async/", EchoJsonAsync.as_asgi()),
        path("board/ws/push/", Push.as_asgi()),
        path("board/ws/late/", Late.as_asgi()),
        path("board/ws/refusing/", Refusing.as_asgi()),
    ]
    return ProtocolTypeRouter({"http": django, "websocket": AllowedHostsOriginValidator(URLRouter(routes))})
