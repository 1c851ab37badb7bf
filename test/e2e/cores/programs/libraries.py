"""`python libraries.py SCENARIO`: values and exceptions of libraries, as locals and as a chain."""

import sys

from type_identity import abort_with, caught, linked


def arrays():
    import numpy

    numbers = numpy.arange(6).reshape(2, 3)
    turned = numbers.T
    floats = numpy.array([1.5, float("nan"), 0.1], dtype="f4")
    many = numpy.arange(100000)
    empty = numpy.zeros((0, 3))
    texts = numpy.array(["a", "bcd"])
    objects = numpy.array([1, "a", None], dtype=object)
    days = numpy.array(["2020-01-01", "NaT"], dtype="datetime64[D]")
    moments = numpy.array(["1969-12-31T23:59:59.5"], dtype="datetime64[ms]")
    flags = numpy.array([True, False])
    halves = numpy.array([1, -2], dtype="f2")
    swapped = numpy.array([1, 258], dtype=">i4")
    records = numpy.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")])
    scalar = numpy.float64(1.5)
    small = numpy.int8(-3)
    kind = numpy.dtype("f8")
    masked = numpy.ma.array([[1, 999], [3, 4]], mask=[[0, 1], [0, 0]])
    unmasked = numpy.ma.array([1, 2])
    masked_records = numpy.ma.array([(1, 999)], dtype=[("x", "i4"), ("y", "i4")], mask=[(0, 1)])
    tenths = numpy.array([0.1, 6e-8, 1 / 3, -65504, 0.5], dtype="f2")
    raise LookupError("arrays")


def scalars():
    import numpy

    values = [
        *(numpy.float32(each) for each in (-0.0, 1e-4, 999999, 1e6, 1e16, 123456789)),
        *(numpy.float16(each) for each in (-0.0, 0.1, 999, 1000, 65504)),
        *(numpy.complex64(each) for each in (0.1 + 0.2j, complex(-0.0, -0.0), 123456789 + 1e-5j)),
        numpy.complex128(0.1 + 0.2j),
        *(
            numpy.datetime64(each)
            for each in (
                "-0044-03-15",
                "-12345-06",
                "-0001",
                "12020-01-01",
                "0044-03-15T10",
                "9999-12-31T23:59:59.000001",
                "1969-12-31T23:59:59.999999999999",
                "NaT",
            )
        ),
        numpy.datetime64(7, "25s"),
        numpy.datetime64(-(2**61), "D"),
        numpy.timedelta64("NaT", "D"),
        numpy.timedelta64("NaT", "s"),
        numpy.timedelta64(5, "10s"),
        numpy.timedelta64(-3, "ns"),
        numpy.bool_(True),
        numpy.int8(-3),
        numpy.uint64(2**64 - 1),
        numpy.str_("text"),
        numpy.bytes_(b"raw"),
        numpy.ma.masked,
    ]
    return linked([ValueError(each) for each in values] + [KeyError(each) for each in values])


def spans():
    import pandas

    return linked(
        [
            ValueError(pandas.Timestamp("1960-01-01 00:00:00.123456789")),
            ValueError(pandas.Timedelta("-1 days +02:03:04.5")),
            ValueError(pandas.NaT),
            KeyError(pandas.Timestamp("2020-01-02", tz="UTC")),
        ]
    )


def unread():
    import numpy
    import pandas

    return linked(
        [
            ValueError(each)
            for each in (
                numpy.arange(2),
                numpy.longdouble(1.5),
                numpy.void(b"ab"),
                pandas.Series([1]),
                pandas.Timestamp("2020-01-02", tz="UTC"),
            )
        ]
    )


def frames():
    import numpy
    import pandas

    frame = pandas.DataFrame({"a": [1, 2], "password": ["x", "y"], "b": [0.5, numpy.nan]})
    series = pandas.Series([1.5, 2.5], name="q")
    classes = pandas.Series(["a", "b", "a"], dtype="category")
    index = pandas.Index([3, 1])
    nothing = pandas.NaT
    moment = pandas.Timestamp("2020-01-02 03:04:05.123456789")
    span = pandas.Timedelta(days=1, nanoseconds=5)
    missing = pandas.NA
    no_rows = pandas.DataFrame()
    dates = pandas.DataFrame({"when": pandas.to_datetime(["2020-01-01", None])})
    integers = pandas.Series([1, None], dtype="Int64")
    booleans = pandas.Series([True, None], dtype="boolean")
    nullable = pandas.DataFrame({"n": integers, "s": pandas.arrays.SparseArray([0, 1])})
    levels = pandas.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", None])
    raise LookupError("frames")


def models():
    import attr
    import pydantic

    @attr.s(auto_attribs=True)
    class Item:
        price: int
        secret_note: str = attr.ib(default="hidden", repr=False)

    class Inner(pydantic.BaseModel):
        number: int

    class Outer(pydantic.BaseModel):
        inner: Inner
        note: str = "none"

    class OwnRepr(Inner):
        def __repr__(self):
            return "OwnRepr!"

    item = Item(1)
    outer = Outer(inner=Inner(number=1))
    own = OwnRepr(number=2)
    if pydantic.VERSION.startswith("2"):

        class Extra(pydantic.BaseModel):
            model_config = {"extra": "allow"}
            number: int
            hidden: int = pydantic.Field(5, repr=False)
            _private: int = pydantic.PrivateAttr(3)

        extra = Extra(number=1, more="MORE")
    invalid = caught(Outer, inner={"number": "x"}, note=[])
    raise LookupError("models")


def errors():
    return linked([*requests_errors(), *sqlalchemy_errors(), *django_errors()])


def requests_errors():
    import requests

    response = requests.Response()
    response.status_code = 404
    response.url = "http://shop.test/items"
    response.reason = "Not Found"
    return [
        caught(response.raise_for_status),
        caught(requests.get, "http://127.0.0.1:1/", timeout=5),
        caught(requests.get, "no-url"),
    ]


def sqlalchemy_errors():
    import sqlalchemy

    engine = sqlalchemy.create_engine("sqlite://")

    def run(*statement):
        with engine.connect() as connection:
            connection.execute(*statement)

    many = [{"a": number} for number in range(30)]
    return [
        caught(run, sqlalchemy.text("select column_x from there_is_none")),
        caught(run, sqlalchemy.text("select * from there_is_none where a = :a"), {"a": 5}),
        caught(run, sqlalchemy.text("insert into there_is_none values (:a)"), many),
        caught(sqlalchemy.create_engine, "no-dialect://x"),
        sqlalchemy.exc.TimeoutError("QueuePool limit", code="3o7r"),
    ]


def django_errors():
    from django.conf import settings

    settings.configure(SECRET_KEY="x", USE_I18N=False)
    from django.core.exceptions import ValidationError
    from rest_framework import exceptions

    return [
        ValidationError("plain"),
        ValidationError(["one", "two"]),
        ValidationError({"field": ["wrong"]}),
        ValidationError("%(count)s of %(name)r", params={"count": 3, "name": "x"}),
        exceptions.APIException(),
        exceptions.ValidationError({"field": ["bad"]}),
        exceptions.NotFound("nope"),
        exceptions.Throttled(5),
    ]


def clients():
    import aiohttp
    import grpc
    import jsonschema
    from yarl import URL

    address = URL("http://shop.test/x?y=1")
    information = aiohttp.RequestInfo(address, "GET", {}, address)
    channel = grpc.insecure_channel("127.0.0.1:1")
    call = channel.unary_unary("/service/method")
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    return linked(
        [
            caught(call, b"x", timeout=1),
            caught(jsonschema.validate, {"a": "x"}, schema),
            aiohttp.ClientResponseError(information, (), status=500, message="no"),
        ]
    )


def raised_here(make):
    raise make()


LINKED = ("errors", "clients", "scalars", "spans", "unread")

if __name__ == "__main__":
    scenario = globals()[sys.argv[1]]
    try:
        raised_here(scenario) if sys.argv[1] in LINKED else scenario()
    except BaseException as exception:
        abort_with(exception)
