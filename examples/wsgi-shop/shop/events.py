import json

from shop.pricing import total
from shop.wsgi import BASKETS

BY_NUMBER = {str(number): basket for number, basket in BASKETS.items()}


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    status, answer = 404, {}
    parts = scope["path"].strip("/").split("/")
    if parts == [""]:
        status, answer = 200, {"status": "open"}
    elif parts[0] == "orders" and parts[-1] in BY_NUMBER:
        status, answer = 200, {"total": total(BY_NUMBER[parts[-1]])}
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
