import abort_on_exception
from asking import LostClient, wsgi_case
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPInternalServerError
from pyramid.response import Response
from pyramid_retry import RetryableException


def failing_tween(handler, registry):
    def tween(request):
        if request.path_info == "/tween":
            raise RuntimeError("over the exception views")
        return handler(request)

    return tween


def view(request):
    raise RuntimeError("view")


def stream(request):
    def body():
        yield b"a"
        raise RuntimeError("stream")

    return Response(app_iter=body())


def none(request):
    return None


def callback(request):
    request.add_response_callback(lambda request, response: 1 / 0)
    return Response("fine")


def http403(request):
    raise HTTPForbidden


def http500(request):
    raise HTTPInternalServerError


def handled(request):
    raise KeyError("handled")


def handled_502(request):
    raise LookupError("handled")


def leave(request):
    raise SystemExit(3)


def ok(request):
    return Response("fine")


def upload(request):
    return Response(request.body)


def again(request):
    if request.environ["retry.attempt"] < 1:
        raise RetryableException
    return Response("fine")


def never(request):
    raise RetryableException


VIEWS = [view, stream, none, callback, http403, http500, handled, handled_502, leave, ok, upload]


def answer(status):
    return lambda error, request: Response(repr(error), status=status)


def make(error_page=None, outside=None, retry=False, settings=None, **options):
    config = Configurator(settings=settings, **options)
    config.add_tween("pyramid_cases.failing_tween")
    for each in [*VIEWS, again, never]:
        config.add_route(each.__name__, f"/{each.__name__}")
        config.add_view(each, route_name=each.__name__)
    config.add_exception_view(answer(418), context=KeyError)
    config.add_exception_view(answer(502), context=LookupError)
    if error_page is not None:
        config.add_exception_view(error_page, context=Exception)
    if retry:
        config.include("pyramid_retry")
    app = config.make_wsgi_app()
    return abort_on_exception.watch_pyramid(outside(app) if outside else app)


def around(app):
    return lambda environ, start_response: app(environ, start_response)


def cases():
    names = [each.__name__ for each in VIEWS if each is not upload]
    cases = {name: wsgi_case(make(), f"/{name}") for name in [*names, "tween", "missing"]}
    cases["lost client"] = wsgi_case(
        make(), "/upload", LostClient(), "POST", CONTENT_LENGTH="10"
    )
    cases["view for Exception, 500"] = wsgi_case(make(answer(500)), "/view")
    cases["view for Exception, 418"] = wsgi_case(make(answer(418)), "/view")
    cases["view for Exception fails"] = wsgi_case(make(lambda e, r: 1 / 0), "/view")
    for name in ("handled", "handled_502", "http500", "ok"):
        cases[f"{name} beside it"] = wsgi_case(make(answer(500)), f"/{name}")
    cases["middleware around"] = wsgi_case(make(outside=around), "/view")
    cases["500 with middleware around"] = wsgi_case(make(answer(500), around), "/view")
    cases["retried"] = wsgi_case(make(answer(500), retry=True), "/again")
    cases["retried in vain"] = wsgi_case(make(answer(500), retry=True), "/never")
    cases["no view for HTTPException"] = wsgi_case(
        make(exceptionresponse_view=None), "/missing"
    )
    cases["attributes"] = lambda say: say(make().registry is not None)
    for name, app in {"": make(), ", 500": make(answer(500))}.items():
        cases[f"WebTest{name}"] = wsgi_case(app, "/view", **{"paste.testing": True})
    reloading = {"pyramid.reload_templates": "true"}
    cases["reload_templates"] = wsgi_case(make(settings=reloading), "/view")
    return cases
