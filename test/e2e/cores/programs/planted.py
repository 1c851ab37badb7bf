"""`python planted.py --token=SECRET`: aborts with secrets in every place that a report shows. Each begins with `Kz`."""

import asyncio
import dataclasses
import enum
import http.cookies
import json
import os
import threading
import time

import oracle


class Setting(enum.Enum):
    PASSWORD = 1


@dataclasses.dataclass
class Login:
    user: str
    dbpass: str


class RefusedError(Exception):
    pass


def locals_of_all_kinds(api_key):
    login = Login("ada", "Kz01hf72Lq")
    rows = [{"key": "api_token", "value": "Kz02hf72Lq"}, {"name": "password", "value": "Kz03hf72Lq"}]
    arguments = ["psql", "--password", "Kz04hf72Lq", "-U", "bob"]
    settings = {Setting.PASSWORD: "Kz05hf72Lq", b"x-api-key": b"Kz06hf72Lq"}
    cookies = http.cookies.SimpleCookie("sessionid=Kz07hf72Lq; theme=dark")
    lines = ["-----BEGIN PRIVATE KEY-----", "Kz08hf72Lq", "-----END PRIVATE KEY-----"]
    body = json.dumps({"inner": json.dumps({"password": 'Kz09"f72Lq'})})
    header = "Proxy-Authorization: Digest username=x, response=Kz10hf72Lq"
    connection = "DRIVER={X};UID=ada;PWD={Kz11;hf72Lq};Encrypt=yes"
    statement = "CREATE USER ada IDENTIFIED BY 'Kz12hf72Lq'"
    creds = ("bob", "Kz13hf72Lq")
    later = "sent Kz13hf72Lq, Kz13hf7…"
    max_tokens, api_url, card_type, secretary = 512, "https://api.example/v1", "visa", "Alice Example"
    error = RefusedError("refused with password=Kz14hf72Lq")
    error.token = "Kz15hf72Lq"
    if hasattr(error, "add_note"):
        error.add_note("see postgres://ada:Kz16hf72Lq@db/shop")
    raise error


async def wait():
    await asyncio.sleep(1000)


async def main():
    asyncio.get_running_loop().create_task(wait(), name="task with token=Kz17hf72Lq")
    await asyncio.sleep(0.05)
    threading.Thread(target=time.sleep, args=(1000,), name="worker secret=Kz18hf72Lq", daemon=True).start()
    try:
        locals_of_all_kinds(api_key="Kz19hf72Lq")
    except RefusedError as error:
        oracle.write(error) or os.abort()


if __name__ == "__main__":
    asyncio.run(main())
