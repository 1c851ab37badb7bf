"""`python type_identity.py SCENARIO`: values whose classes look like others, and exceptions with texts and attributes of their own."""

import array
import asyncio
import collections
import contextlib
import contextvars
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import http
import importlib.machinery
import io
import ipaddress
import itertools
import mmap
import operator
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import types
import typing
import urllib.error
import uuid
import weakref

import oracle


def abort_with(exception):
    oracle.write(exception) or os.abort()


def named(cls, module, name):
    cls.__module__ = module
    cls.__name__ = cls.__qualname__ = name
    return cls


def look_alikes():
    class Plain:
        def __init__(self, **fields):
            self.__dict__.update(fields)

    class FakeDict(dict):
        pass

    class FakeList(list):
        pass

    def plain(module, name, **fields):
        return named(type(name, (Plain,), {}), module, name)(**fields)

    amount = plain("decimal", "Decimal", euros=3)
    moment = plain("datetime", "datetime", when="now")
    identity = plain("uuid", "UUID", int=5)
    path = plain("pathlib", "PurePath", _raw_path="/x")
    member = plain("enum", "Enum", _name_="N", _value_=1)
    nothing = plain("builtins", "NoneType", there=True)
    function = plain("builtins", "function", there=True)
    request = plain("django.http.request", "HttpRequest", method="GET", path="/", META={})
    frame = plain("pandas", "DataFrame", rows=2)
    ordered = named(FakeDict, "collections", "OrderedDict")(one=1)
    numbers = named(FakeList, "array", "array")([1, 2])
    raise LookupError("look-alikes")


def subclasses():
    class Names(list):
        pass

    class Pair(tuple):
        pass

    class Settings(dict):
        pass

    class Text(str):
        pass

    class Money(decimal.Decimal):
        pass

    class Ordered(collections.OrderedDict):
        pass

    class Tags(set):
        pass

    class Moment(datetime.datetime):
        pass

    names = Names(["ada"])
    pair = Pair((1, 2))
    settings = Settings(debug=True)
    text = Text("text")
    money = Money("1.50")
    ordered = Ordered(a=1)
    tags = Tags(["x"])
    moment = Moment(2020, 1, 2)
    raise LookupError("subclasses")


class Own:
    def __init__(self):
        self._state = {"adding": False}
        self.weight_g = None

    def __repr__(self):
        return "Own!"


def own_reprs():
    class OwnList(list):
        def __repr__(self):
            return "OwnList!"

    @dataclasses.dataclass
    class OwnData:
        number: int

        def __repr__(self):
            return "OwnData!"

    @dataclasses.dataclass(repr=False)
    class PlainData:
        number: int

    @dataclasses.dataclass
    class Base:
        number: int

    class Derived(Base):
        pass

    class Shade(enum.Enum):
        DARK = 1

        def __repr__(self):
            return "Shade!"

    class Login(collections.namedtuple("Login", "user password")):
        def __repr__(self):
            return "Login!"

    class Point(collections.namedtuple("Point", "x y")):
        pass

    own = Own()
    own_list = OwnList([1])
    own_data = OwnData(1)
    plain_data = PlainData(1)
    derived = Derived(1)
    shade = Shade.DARK
    login = Login("ada", "hunter2")
    point = Point(1, 2)
    raise LookupError("own reprs")


class Silent:
    def __repr__(self):
        return "Silent!"

    def method(self):
        pass


def unrun_reprs():
    silent = Silent()
    bound = silent.method
    raise LookupError("reprs that are not run")


def surrogates():
    wide = "\U0001f600\ud800\udfff"
    narrow = "\u20ac\ud83d\ude00'"
    attribute = types.SimpleNamespace(**{"\U0001f600\ud83d\ude00": 1})
    units = array.array("u", "\ud800\udfff")
    raise LookupError(wide)


def flags():
    class Mode(enum.IntFlag):
        READ = 1
        WRITE = 2

    class Wide(enum.IntFlag):
        LOW = 4
        BOTH = 6
        HIGH = 1 << 40

    every = Mode(-1)
    neither = ~Mode.READ
    more = Mode(7)
    no_name = Mode(4)
    below = Wide(-5)
    covered = Wide(6 | 1)
    high = Wide.HIGH | Wide.LOW
    raise LookupError("flags")


def modules():
    plain = types.ModuleType("plain")
    filed = types.ModuleType("filed")
    filed.__file__ = "/x/filed.py"
    specified = types.ModuleType("specified")
    specified.__spec__ = importlib.machinery.ModuleSpec("named", None)
    placed = types.ModuleType("placed")
    placed.__spec__ = importlib.machinery.ModuleSpec("placed", None, origin="elsewhere")
    loaded = types.ModuleType("loaded")
    loaded.__loader__ = 3
    built_in = sys
    source = enum
    frozen = sys.modules["zipimport"]
    raise LookupError("modules")


@dataclasses.dataclass
class Node:
    me: object = None


def system_objects():
    class Base:
        pass

    class Derived(Base):
        pass

    free, held = threading.Lock(), threading.Lock()
    held.acquire()
    idle, twice = threading.RLock(), threading.RLock()
    twice.acquire()
    twice.acquire()
    tenant = contextvars.ContextVar("tenant")
    level = contextvars.ContextVar("level", default=[3])
    kept, used = tenant.set("a"), level.set([4])
    level.reset(used)
    of_object, of_class = super(Derived, Derived()), super(Derived)
    added = (3).__add__
    here = sys._getframe()
    shared = mmap.mmap(-1, 8192)
    shared.seek(5)
    no_map = mmap.mmap(-1, 4096, access=mmap.ACCESS_WRITE)
    no_map.close()
    raw = open(os.devnull, "rb", buffering=0)
    updated = open(os.devnull, "r+b", buffering=0)
    appended = open(os.devnull, "ab", buffering=0)
    written = open(os.devnull, "wb", buffering=0)
    lent = io.FileIO(1, "w", closefd=False)
    done = open(os.devnull, "rb", buffering=0)
    done.close()
    reader, writer, both = open(os.devnull, "rb"), open(os.devnull, "wb"), open(os.devnull, "r+b")
    text = open(os.devnull, "a", encoding="latin-1")
    unnamed, in_memory = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.BufferedReader(io.BytesIO())
    here, there = socket.socketpair()
    received, sent = here.makefile("rb"), there.makefile("w", encoding="utf-8")
    hung_up = there.makefile("rb")
    hung_up.raw.close()
    del here, there
    alive, dead = weakref.proxy(Base), weakref.proxy(Derived())
    # free-threaded 3.14 and 3.15 are built without expat
    with contextlib.suppress(ImportError):
        import ctypes
        import _elementtree

        foreign = ctypes.CFUNCTYPE(None)(print)
        element = _elementtree.Element("{urn:shop}order", number="5")
    special = typing.ClassVar
    node = Node()
    node.me = [node]
    raise LookupError("system objects")


async def paused():
    await asyncio.sleep(60)


class NamedByCode(io.RawIOBase):
    name = property(lambda self: "made up")

    def readable(self):
        return True


def unread_objects():
    file = io.BufferedReader(NamedByCode())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    future, failed = loop.create_future(), loop.create_future()
    future.set_result(["ready"])
    failed.set_exception(KeyError("k"))
    task = loop.create_task(paused())
    getter = operator.itemgetter("key")
    counter = itertools.count(3)
    with contextlib.suppress(ImportError):
        import sqlite3

        database = sqlite3.connect(":memory:")
    raise LookupError("unread objects")


def callables():
    class Callable:
        __name__ = "other"

        def __call__(self):
            pass

    upper = types.MethodType(str.upper, "q")
    called = types.MethodType(Callable(), 2)
    counted = types.MethodType(len, [1])
    appended = types.MethodType([].append, 1)
    made = types.MethodType(dict.fromkeys, 1)
    nameless = types.MethodType(functools.partial(int), 3)
    released = memoryview(b"x")
    released.release()
    kept = memoryview(b"x")
    match = re.compile("a").match
    raise LookupError("callables")


def class_defaults():
    class Descriptor:
        def __get__(self, instance, owner):
            return "computed"

        def __set__(self, instance, value):
            pass

    @dataclasses.dataclass
    class Defaults:
        number: int = 7
        text: str = "seven"

    @dataclasses.dataclass
    class Computed:
        field: str = Descriptor()
        other: int = 1

    deleted = Defaults()
    del deleted.number, deleted.text
    partly = Defaults(1)
    del partly.text
    computed = Computed()
    raise LookupError("class defaults")


def standard():
    class Mode(enum.Flag):
        READ = 1
        WRITE = 2

    class Kind(str, enum.Enum):
        BIG = "big"

    no_mode = Mode(0)
    mode = Mode.READ | Mode.WRITE
    kind = Kind.BIG
    floats = array.array("d", [-0.0, 1e-07, 1e16, float("inf"), float("nan"), 1e20])
    singles = array.array("f", [1.5, -0.0])
    text = array.array("u", "x" * 150)
    surrogates = "\ud83d\ude00"
    escaped = bytearray(b"it's")
    payload = decimal.Decimal("NaN123")
    minus = decimal.Decimal("-Infinity")
    weights = collections.Counter({"x": 1.5, "y": 2})
    layers = collections.ChainMap({"a": 1}, {"b": 2})
    wrapped = collections.UserDict(a=1)
    space = types.SimpleNamespace(z=1, a=2)
    weak = weakref.ref(Mode)
    partial = functools.partial(int, "10", base=2)
    view = memoryview(b"abc")
    ordered = collections.OrderedDict((number, number) for number in range(3))
    ordered.move_to_end(0)
    keys = ordered.keys()
    four = ipaddress.ip_address("10.0.0.1")
    six = ipaddress.ip_address("2001:db8::1")
    network = ipaddress.ip_network("10.0.0.0/8")
    interface = ipaddress.ip_interface("10.0.0.1/8")
    windows = pathlib.PureWindowsPath("C:/a/b")
    raise LookupError("standard")


def pure_python():
    sys.modules["_datetime"] = sys.modules["_decimal"] = None
    for module in ("datetime", "decimal", "_pydatetime", "_pydecimal"):
        sys.modules.pop(module, None)
    import datetime
    import decimal

    day = datetime.date(2020, 1, 2)
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 6)
    aware = datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)
    clock = datetime.time(1, 2, 3, 4, fold=1)
    span = datetime.timedelta(-1, 5, 6)
    no_span = datetime.timedelta(0)
    zone = datetime.timezone(datetime.timedelta(hours=2))
    price = decimal.Decimal("12.50")
    tiny = decimal.Decimal("1E-10")
    zero = decimal.Decimal("-0.00")
    infinite = decimal.Decimal("-Infinity")
    no_number = decimal.Decimal("sNaN7")
    raise LookupError("pure Python")


def renamed():
    def later():
        pass

    class Renamed:
        def method(self):
            pass

    later.__qualname__ = "Other.later"
    Renamed.__qualname__ = "Other.Renamed"
    bound = Renamed().method
    code = compile("raise ValueError(1)", "<template>", "exec").replace(co_name="block 'body'")
    exec(code)


class Declined(Exception):
    """Its text is known to nobody but itself."""

    def __init__(self, code, reason):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self):
        return "declined: " + self.reason


class Limit(ValueError):
    __slots__ = ("field",)

    def __init__(self, field):
        super().__init__("over the limit")
        self.field = field
        self._cache = {}
        self.password = "hunter2-of-the-test"


class Inherits(KeyError):
    __str__ = Exception.__str__


class Text:
    def __str__(self):
        return "text of its own"


def without_traceback(exception):
    exception.__traceback__ = None
    return exception


def noted(notes):
    exception = ValueError("noted")
    exception.__notes__ = notes
    return exception


def caught(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except BaseException as error:
        return error


def linked(exceptions):
    """One exception after the other as the cause of the one before."""
    for cause, exception in zip(exceptions[1:], exceptions):
        exception.__cause__ = cause
    return exceptions[0]


def messages():
    return linked(
        [
            RuntimeError(ValueError("inner text")),
            RuntimeError(KeyError("inner key")),
            RuntimeError(OSError(2, "No such file", "name")),
            ValueError(decimal.Decimal("1.5")),
            ValueError(datetime.datetime(2020, 1, 2)),
            ValueError(datetime.date(2020, 1, 2)),
            ValueError(datetime.timedelta(1, 2)),
            ValueError(uuid.UUID(int=3)),
            ValueError(pathlib.PurePosixPath("/a")),
            ValueError(Colour.RED),
            without_traceback(ValueError("none")),
            ValueError(1.5),
            ValueError(True),
            KeyError("key"),
            KeyError(),
            KeyError(1, 2),
            Inherits("key"),
            OSError(2, "text"),
            OSError(2, "text", "one", None, "two"),
            OSError(2, "text", b"one"),
            OSError("only a text"),
            caught((b"a" * 5000 + b"\xff").decode),
            caught(("a" * 5000 + "\u20ac").encode, "latin1"),
            caught(("\U0001f600" * 10 + "\u20ac").encode, "latin1"),
            caught("\U0001f600".encode, "ascii"),
            caught("\u20ac\u20ac".encode, "ascii"),
            UnicodeTranslateError("abc", 1, 2, "not mapped"),
            UnicodeTranslateError("abc", 0, 2, "not mapped"),
            caught(compile, "a b", "/x/file.py", "exec"),
            SyntaxError("text"),
            SyntaxError("text", (None, 3, 2, "line")),
            caught(__import__, "there_is_no_such_module"),
            ImportError("text", name="name"),
            SystemExit("bye"),
            SystemExit(3),
            subprocess.CalledProcessError(1, ["false", "x"]),
            subprocess.CalledProcessError(-9, "cmd"),
            subprocess.CalledProcessError(-99, "cmd"),
            subprocess.TimeoutExpired("cmd", 0.5),
            urllib.error.HTTPError("http://x/", 404, "Not Found", {}, io.BytesIO()),
            urllib.error.URLError(OSError(111, "Connection refused")),
        ]
    )


class Colour(enum.Enum):
    RED = 1


class Ratio(float, enum.Enum):
    HALF = 0.5


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2


class Count(int):
    pass


class Payload(bytes):
    def __repr__(self):
        return "payload"


class TextFile(io.TextIOWrapper):
    pass


class Raw(io.FileIO):
    pass


class Buffered(io.BufferedReader):
    pass


class Shared(mmap.mmap):
    pass


def texts_of_arguments():
    lock = threading.Lock()
    lock.acquire()
    arguments = [
        signal.SIGINT,
        http.HTTPStatus.GATEWAY_TIMEOUT,
        socket.AF_UNIX,
        Ratio.HALF,
        Access.RUN | Access.READ,
        Access(0),
        Rights.READ | Rights.WRITE,
        Rights(8),
        datetime.timezone.utc,
        datetime.timezone(datetime.timedelta(hours=-5, minutes=-30)),
        datetime.timezone(datetime.timedelta(seconds=1), "one second"),
        datetime.datetime(2021, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(minutes=-90))),
        types.MappingProxyType({"key": Count(1)}),
        contextvars.ContextVar("tenant"),
        contextvars.ContextVar("level", default=Count(3)),
        lock,
        fractions.Fraction(6, 4),
        fractions.Fraction(6, 3),
        collections.UserString("user's"),
        Count(7),
        [Count(7)],
        Payload(b"raw"),
        bytearray(b"raw"),
        object(),
        weakref.proxy(Colour),
        TextFile(Buffered(Raw(os.devnull)), encoding="utf-8"),
        *(Raw(os.devnull), Buffered(Raw(os.devnull)), Shared(-1, 4096)),
    ]
    return linked(
        [
            *map(ValueError, arguments),
            RuntimeError("held", lock),
            OSError(5, signal.SIGINT),
            SystemExit(http.HTTPStatus.GATEWAY_TIMEOUT),
        ]
    )


class OwnCount(int):
    def __repr__(self):
        return "many"


class OwnRatio(float):
    def __repr__(self):
        return "some"


class OwnSpan(datetime.timedelta):
    def __str__(self):
        return "long"


def unread_arguments():
    arguments = [OwnCount(5), OwnRatio(1.0), OwnSpan(1), [OwnCount(5)], operator.itemgetter("key"), itertools.count(3)]
    return linked([*map(ValueError, arguments), OSError(2, OwnCount(5))])


def unknown_texts():
    return linked(
        [Declined("card_declined", "no money"), ValueError(Text()), Limit("amount"), KeyError([Silent()])]
    )


class OfClass(Exception):
    __notes__ = ["of the class"]


def notes():
    return linked([noted(("one", 2)), noted({"a": 1}), noted(()), noted(["list"]), OfClass()])


def raised_here(make):
    raise make()


LINKED = {
    "texts_of_arguments": texts_of_arguments,
    "unread_arguments": unread_arguments,
    "messages": messages, "notes": notes, "unknown_texts": unknown_texts}

if __name__ == "__main__":
    scenario = sys.argv[1]
    try:
        raised_here(LINKED[scenario]) if scenario in LINKED else globals()[scenario]()
    except BaseException as exception:
        abort_with(exception)
