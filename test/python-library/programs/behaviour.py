"""
What aborts and what does not, in real Django: one line of JSON.

Django is prepared once; each row runs in a fork, whose wait status tells.
"""

import asyncio
import io
import json
import os
import resource
import signal
import sys
import threading
import types

import django
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, SuspiciousOperation, ValidationError
from django.core.management import BaseCommand, CommandError, call_command
from django.core.signals import request_finished, request_started
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.template import TemplateDoesNotExist
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

try:
    from django.http import UnreadablePostError
except ImportError:
    from django.http.request import UnreadablePostError

import abort_on_exception


class Boom(Exception):
    pass


class TroubleMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/middleware/":
            raise Boom
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.path == "/process_view/":
            raise Boom

    def process_exception(self, request, exception):
        if request.path == "/answered/":
            return HttpResponse("another middleware answered")

    def process_template_response(self, request, response):
        return response


def raising(exception):
    def view(request):
        raise exception() if isinstance(exception, type) else exception

    return view


def recursion(request):
    return recursion(request)


async def async_view(request):
    raise Boom


def stream(request):
    def body():
        yield b"begun"
        raise Boom

    return StreamingHttpResponse(body())


class BrokenFile(io.BytesIO):
    def read(self, *args):
        raise OSError("the disk went away")

    read1 = readline = __next__ = read


def broken_file(request):
    return FileResponse(BrokenFile(b"x"))


class UnclosableResponse(HttpResponse):
    def close(self):
        super().close()
        raise Boom


def broken_close(request):
    return UnclosableResponse("fine so far")


def template_response(request):
    from django.template import engines
    from django.template.response import TemplateResponse

    template = engines["django"].from_string("{{ boom }}")
    return TemplateResponse(request, template, {"boom": raiser})


def raiser():
    raise Boom


@csrf_exempt
def post_fields(request):
    return HttpResponse(len(request.POST))


@csrf_exempt
def post_unparsable(request):
    return HttpResponse(len(request.FILES))


@csrf_exempt
def loads(request):
    return HttpResponse(json.loads(request.body))


def atomic(request):
    from django.contrib.contenttypes.models import ContentType
    from django.db import transaction

    with transaction.atomic():
        list(ContentType.objects.none())
        raise Boom


def on_commit(request):
    from django.db import transaction

    transaction.on_commit(raiser)
    return HttpResponse("committed")


def ok(request):
    return HttpResponse("ok")


def handler404(request, exception):
    if request.path == "/handler404/":
        raise Boom
    return HttpResponse("nothing here", status=404)


def handler500(request):
    if request.path == "/handler500/":
        raise RuntimeError("so is the error page")
    return HttpResponse("an error", status=500)


urlpatterns = [
    path("ok/", ok),
    path("view/", raising(Boom)),
    path("async_view/", async_view),
    path("template_response/", template_response),
    path("TemplateDoesNotExist/", raising(TemplateDoesNotExist("x"))),
    path("RecursionError/", recursion),
    path("MemoryError/", raising(MemoryError)),
    path("none/", lambda request: None),
    path("middleware/", ok),
    path("process_view/", ok),
    path("answered/", raising(Boom)),
    path("Http404/", raising(Http404)),
    path("PermissionDenied/", raising(PermissionDenied)),
    path("SuspiciousOperation/", raising(SuspiciousOperation)),
    path("MultiPartParserError/", raising(MultiPartParserError)),
    path("fields/", post_fields),
    path("unparsable/", post_unparsable),
    path("ValidationError/", raising(ValidationError("bare"))),
    path("ObjectDoesNotExist/", raising(ObjectDoesNotExist)),
    path("UnreadablePostError/", raising(UnreadablePostError)),
    path("stream/", stream),
    path("broken_file/", broken_file),
    path("broken_close/", broken_close),
    path("handler500/", raising(Boom)),
    path("handler404/", raising(Http404)),
    path("atomic/", atomic),
    path("loads/", loads),
    path("on_commit/", on_commit),
    path("SystemExit/", raising(SystemExit)),
    path("KeyboardInterrupt/", raising(KeyboardInterrupt)),
    path("GeneratorExit/", raising(GeneratorExit)),
]
if sys.version_info >= (3, 11):
    urlpatterns.append(path("ExceptionGroup/", raising(ExceptionGroup("two", [Boom(), Boom()]))))  # noqa: F821

settings.configure(
    ALLOWED_HOSTS=["localhost"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DATA_UPLOAD_MAX_NUMBER_FIELDS=3,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "abort_on_exception.AbortOnUncaughtExceptionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "%s.TroubleMiddleware" % __name__,
    ],
    PYCRASH={"BUDGET": 10_000, "BUDGET_PER_FINGERPRINT": 10_000},
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []},
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the test",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)
django.setup()

from rest_framework.exceptions import APIException, ValidationError as RestValidationError  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


def rest(exception):
    return type("View", (APIView,), {"get": lambda self, request: raising(exception)(request)}).as_view()


urlpatterns += [
    path("rest/bare/", rest(Boom)),
    path("rest/APIException/", rest(APIException)),
    path("rest/ValidationError/", rest(RestValidationError({"field": ["wrong"]}))),
    path("rest/Http404/", rest(Http404)),
]

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

wsgi = abort_on_exception.wrap_wsgi(get_wsgi_application())
asgi = abort_on_exception.wrap_asgi(get_asgi_application())


def over_wsgi(url, method="GET", body=b"", content_type="", host="localhost", application=wsgi):
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": url,
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "HTTP_HOST": host,
    }
    statuses = []
    content = application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    try:
        for _ in content:
            pass
    finally:
        content.close()
    return int(statuses[0].split()[0])


def over_asgi(url, method="GET", body=b"", content_type="", host="localhost", disconnects=False):
    async def talk():
        statuses = []
        received = []

        async def receive():
            if received or disconnects:
                if not disconnects:
                    await asyncio.sleep(3600)
                return {"type": "http.disconnect"}
            received.append(1)
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            statuses.append(message.get("status"))

        await asgi(http_scope(method, url, body, content_type, host), receive, send)
        return statuses[0] if statuses else 0

    return asyncio.run(talk())


def http_scope(method, url, body=b"", content_type="", host="localhost"):
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": url,
        "raw_path": url.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", host.encode()),
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(body)).encode()),
        ],
        "server": ("localhost", 80),
    }


FORM = "application/x-www-form-urlencoded"


def both(rows, name, *args, **kwargs):
    rows["wsgi " + name] = lambda: served(over_wsgi, *args, **kwargs)
    rows["asgi " + name] = lambda: served(over_asgi, *args, **kwargs)


def served(ask, *args, **kwargs):
    """Ask as a server does, which lets no exception through to the interpreter's hook."""
    try:
        return ask(*args, **kwargs)
    except Exception:
        return 0


def with_receiver(ask, sig):
    def run():
        def receiver(**kwargs):
            raise Boom

        sig.connect(receiver)
        return ask("/ok/")

    return run


def broken_urls(ask):
    def run():
        from django.urls import clear_url_caches

        sys.modules["broken_urls"] = types.ModuleType("broken_urls")
        settings.ROOT_URLCONF = "broken_urls"
        clear_url_caches()
        return ask("/ok/")

    return run


def in_thread():
    thread = threading.Thread(target=raiser)
    thread.start()
    thread.join()


def in_task():
    async def main():
        async def work():
            raise Boom

        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(main())
    import gc

    gc.collect()


def in_retrieved_task():
    async def main():
        async def work():
            raise Boom

        try:
            await asyncio.ensure_future(work())
        except Boom:
            pass

    asyncio.run(main())


class Command(BaseCommand):
    def handle(self, *args, **options):
        raise self.exception


def command(exception):
    def run():
        # as manage.py does: what call_command raises reaches the top, except for CommandError
        instance = Command()
        instance.exception = exception
        instance.requires_system_checks = []
        try:
            call_command(instance)
        except CommandError:
            sys.exit(1)

    return run


def lifespan():
    async def talk():
        async def receive():
            return {"type": "lifespan.startup"}

        async def send(message):
            pass

        await asgi({"type": "lifespan"}, receive, send)

    try:
        asyncio.run(talk())
    except ValueError:
        pass  # uvicorn takes this for "not supported"


def lost_client():
    async def talk():
        received = []

        async def receive():
            if received:
                await asyncio.sleep(3600)
            received.append(1)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            raise OSError("the client has gone")

        await asgi(http_scope("GET", "/ok/"), receive, send)

    try:
        asyncio.run(talk())
    except OSError:
        pass


def file_wrapper_is_kept():
    class FileWrapper:
        def __init__(self, file, size=8192):
            self.file = file

        def __iter__(self):
            return iter([b""])

    def application(environ, start_response):
        return environ["wsgi.file_wrapper"](io.BytesIO())

    body = abort_on_exception.wrap_wsgi(application)({"wsgi.file_wrapper": FileWrapper}, None)
    assert type(body) is FileWrapper, type(body)


def collect_rows():
    rows = {}
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if route == "GeneratorExit/":
            # raised into a coroutine it is another exception: "coroutine ignored GeneratorExit"
            rows["wsgi GeneratorExit"] = lambda: over_wsgi("/GeneratorExit/")
        elif route not in ("fields/", "unparsable/", "loads/"):
            both(rows, route.rstrip("/"), "/" + route)
    both(rows, "no such page", "/nowhere/")
    both(rows, "DisallowedHost", "/ok/", host="evil.example")
    both(rows, "CSRF", "/ok/", method="POST", body=b"a=1", content_type=FORM)
    both(rows, "TooManyFieldsSent", "/fields/", method="POST", body=b"a=1&b=2&c=3&d=4&e=5", content_type=FORM)
    both(rows, "MultiPartParserError in POST", "/unparsable/", method="POST", body=b"x", content_type="multipart/form-data")
    both(rows, "body that is no JSON", "/loads/", method="POST", body=b"{oops")
    unwrapped = get_wsgi_application()
    rows["without the wrapper loads"] = lambda: served(
        over_wsgi, "/loads/", "POST", b"{oops", application=unwrapped
    )
    rows["without the wrapper view"] = lambda: served(over_wsgi, "/view/", application=unwrapped)
    for name, ask in (("wsgi", over_wsgi), ("asgi", over_asgi)):
        rows[name + " URL configuration"] = broken_urls(ask)
        rows[name + " request_started receiver"] = with_receiver(ask, request_started)
    rows["wsgi request_finished receiver"] = with_receiver(over_wsgi, request_finished)
    rows["asgi disconnect in an async view"] = lambda: over_asgi("/ok/", disconnects=True)
    rows["asgi lifespan"] = lifespan
    rows["asgi client lost while sending"] = lost_client
    rows["wsgi file wrapper"] = file_wrapper_is_kept
    rows["thread"] = in_thread
    rows["task"] = in_task
    rows["task whose exception was retrieved"] = in_retrieved_task
    rows["management command"] = command(Boom())
    rows["CommandError"] = command(CommandError("usage"))
    rows["main"] = raiser
    rows["sys.exit"] = sys.exit
    return rows


def run(function):
    """Run the row as a whole process would: uncaught means the interpreter's hook."""
    try:
        result = function()
    except SystemExit:
        os._exit(0)
    except BaseException as exception:
        sys.last_value = exception  # As CPython does before it calls the hook.
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    if isinstance(result, int) and result:
        os.write(3, str(result).encode())
    os._exit(0)


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    outcome = {}
    for name, function in collect_rows().items():
        read_status, write_status = os.pipe()
        read_log, write_log = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(write_status, 3)
            os.dup2(write_log, 2)
            signal.alarm(20)
            run(function)
        os.close(write_status)
        os.close(write_log)
        with os.fdopen(read_log, "rb") as log:
            lines = log.read().decode(errors="replace").splitlines()
        with os.fdopen(read_status, "rb") as status:
            answered = status.read().decode()
        _, ended = os.waitpid(child, 0)
        aborted = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGABRT
        events = [json.loads(line) for line in lines if line.startswith('{"time"')]
        outcome[name] = {
            "aborted": aborted,
            "ended": ended,
            "status": int(answered or 0),
            "events": [[event["exception"], event["decision"]] for event in events],
            "log": [] if aborted == bool(events) else lines[-15:],
        }
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
