/** What the servers serve: `/` answers with the pid, `/slow` after a while, `/abort` aborts. By name of the file. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  'app.py': `import os
import time

slow_requests = 0


def slow():
    global slow_requests
    slow_requests += 1
    time.sleep(0.4)
    slow_requests -= 1


def abort():
    # with another request in progress, where this process can have one
    patience = 100
    while slow_requests == 0 and patience > 0:
        time.sleep(0.01)
        patience -= 1
    os.abort()


def application(environ, start_response):
    if environ["PATH_INFO"] == "/abort":
        abort()
    if environ["PATH_INFO"] == "/slow":
        slow()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


async def asgi(scope, receive, send):
    global slow_requests
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    # a worker that gave root away may not be able to import it any more
    if scope["path"] in ("/abort", "/slow"):
        import asyncio
    if scope["path"] == "/abort":
        patience = 100
        while slow_requests == 0 and patience > 0:
            await asyncio.sleep(0.01)
            patience -= 1
        os.abort()
    if scope["path"] == "/slow":
        slow_requests += 1
        await asyncio.sleep(0.4)
        slow_requests -= 1
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})


app = application
`,
  'serve.py': `import sys

from gevent import monkey

monkey.patch_all()

from gevent.pywsgi import WSGIServer

import app

WSGIServer(("127.0.0.1", int(sys.argv[1])), app.application).serve_forever()
`,
  'manage.py': `import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path

import app

settings.configure(DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x")


def answer(request):
    return HttpResponse(str(os.getpid()))


def slow(request):
    app.slow()
    return answer(request)


urlpatterns = [path("", answer), path("slow", slow), path("abort", lambda request: app.abort())]
if __name__ == "__main__":
    execute_from_command_line(sys.argv)
`,
  'shop.py': `import os

from app import abort, slow as wait
from flask import Flask

app = Flask(__name__)


def answer():
    return str(os.getpid())


def slow():
    wait()
    return answer()


app.add_url_rule("/", "answer", answer)
app.add_url_rule("/slow", "slow", slow)
app.add_url_rule("/abort", "abort", abort)
`,
};

/** An Apache of its own with mod_wsgi; PORT, FOLDER and the lines of the row are put in. */
export const APACHE = `ServerRoot FOLDER
PidFile FOLDER/apache.pid
ErrorLog FOLDER/error.log
Listen 127.0.0.1:PORT
ServerName localhost
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so
StartServers 1
ServerLimit 1
<Directory FOLDER>
Require all granted
</Directory>
WSGIApplicationGroup %{GLOBAL}
LINES
WSGIScriptAlias / FOLDER/app.py
`;
