"""Values of every kind that a report has to show, as locals of the frames of one traceback."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import types
import uuid


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 10


@dataclasses.dataclass
class Order:
    number: int
    items: list
    note: str = "none"
    secret_note: str = dataclasses.field(default="hidden", repr=False)


Point = collections.namedtuple("Point", "x y")


class Slotted:
    __slots__ = ("left", "right", "never_set")

    def __init__(self):
        self.left = 1
        self.right = "two"


class Plain:
    def __init__(self):
        self.name = "plain"
        self.numbers = [1, 2, 3]

    def method(self):
        return self

    def __enter__(self):
        return self


class Derived(Plain):
    def __init__(self):
        super().__init__()
        self.extra = {"more": True}


class ListOfOurs(list):
    pass


class OwnError(LookupError):
    def __str__(self):
        return "own text: " + repr(self.args)


def raise_with_numbers():
    zero = 0
    one = 1
    minus_one = -1
    small = 256
    digit = 2**30 - 1
    two_digits = 2**30
    big = 2**64
    negative_big = -(2**100) + 7
    huge = 3**1000
    true = True
    false = False
    nothing = None
    half = 0.5
    tenth = 0.1
    negative_zero = -0.0
    large = 1e22
    tiny = 5e-324
    exact_integer = 1e16
    infinite = float("inf")
    not_a_number = float("nan")
    imaginary = 3 - 2.5j
    ellipsis = ...
    not_implemented = NotImplemented
    raise_with_texts()


def raise_with_texts():
    empty = ""
    ascii_text = "plain"
    quoted = "it's"
    both_quotes = "it's \"both\""
    escapes = "tab\tline\nreturn\rback\\slash\0nul\x7f\x1b[31mred"
    latin = "caf\xe9 \xa0\xad\x85"
    wide = "\u4f60\u597d \u2028 \u200b"
    astral = "\U0001f40d snake \U000e0001"
    surrogate = "lone \ud800 surrogate"
    long_text = "0123456789" * 30
    no_bytes = b""
    some_bytes = b"bytes \x00\xff'\"\\"
    mutable_bytes = bytearray(b"mutable\x00")
    shortened = bytearray(b"front-back")
    del shortened[:6]
    raise_with_containers()


def raise_with_containers():
    no_items = []
    items = [1, "two", 3.0, None, [4, (5,)]]
    pair = ("a", 1)
    single = (1,)
    nothing = ()
    text_keys = {"one": 1, "two": 2}
    mixed_keys = {1: "int", (2, 3): "tuple", None: "none", b"b": "bytes", "s": "str"}
    deleted = {str(number): number for number in range(12)}
    del deleted["0"], deleted["5"]
    deleted["again"] = 5
    many = {number: number * number for number in range(300)}
    nested = {"level": {"level": {"level": ["deep"]}}}
    members = {7}
    no_members = set()
    frozen = frozenset({"only"})
    queue = collections.deque([1, 2, 3])
    bounded = collections.deque("abcde", maxlen=3)
    long_queue = collections.deque(range(150))
    counts = collections.Counter("aab")
    grouped = collections.defaultdict(list, {"k": [1]})
    ordered = collections.OrderedDict([("z", 1), ("a", 2)])
    moved = collections.OrderedDict([("first", 1), ("second", 2)])
    moved.move_to_end("first")
    point = Point(1, "y")
    cycle = [1]
    cycle.append(cycle)
    knot = {}
    knot["self"] = knot
    whole_range = range(10)
    stepped = range(1, 20, 3)
    piece = slice(1, None, 2)
    ours = ListOfOurs([1, 2])
    keys = text_keys.keys()
    values = text_keys.values()
    pairs = text_keys.items()
    numbers = array.array("i", [1, 2, 3])
    proxy = types.MappingProxyType({"read": "only"})
    space = types.SimpleNamespace(a=1, b="two")
    raise_with_objects()


def raise_with_objects():
    day = datetime.date(2024, 2, 29)
    moment = datetime.datetime(2024, 2, 29, 23, 59, 58, 123456)
    aware = datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)
    clock = datetime.time(1, 2, 3)
    span = datetime.timedelta(days=-1, seconds=5, microseconds=7)
    price = decimal.Decimal("19.99")
    exponent = decimal.Decimal("1E+30")
    third = fractions.Fraction(1, 3)
    identity = uuid.UUID("12345678-1234-5678-1234-567812345678")
    path = pathlib.PurePosixPath("/srv/app")
    colour = Colour.RED
    level = Level.LOW
    order = Order(7, ["book"])
    slotted = Slotted()
    plain = Plain()
    derived = Derived()
    with_late_attributes = Plain()
    with_late_attributes.added = 1
    del with_late_attributes.name
    bound = plain.method
    function = raise_with_objects
    builtin = len
    builtin_method = [].append
    klass = Plain
    builtin_class = dict
    module = collections
    error = ValueError("in a local", 2)
    own_error = OwnError("x")
    generator = (each for each in [1])
    plain_lambda = lambda: None
    closure(plain)


def closure(captured):
    counter = 41

    def inner():
        nonlocal counter
        counter += 1
        text = "in the closure of {}".format(captured.name)
        raise KeyError("the key", counter)

    inner()
