"""A small shop: an application object and one router."""

from fastapi import FastAPI

from shop.orders import router

app = FastAPI(title="shop")
app.include_router(router)
