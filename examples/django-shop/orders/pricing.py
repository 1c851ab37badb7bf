"""What a cart costs: net prices, VAT of the customer's country, shipping."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cart.cart import Cart, CartLine

# By the prefix of VAT numbers, as in the European Commission's tables.
VAT_RATES = {
    "AT": Decimal("0.20"),
    "DE": Decimal("0.19"),
    "EL": Decimal("0.24"),
    "FR": Decimal("0.20"),
    "IT": Decimal("0.22"),
}

SHIPPING = Decimal("4.90")
HEAVY_SHIPPING = Decimal("12.90")
HEAVY = 5000

CENT = Decimal("0.01")


class PricingError(Exception):
    """A cart cannot be priced."""


@dataclass(frozen=True)
class PricedLine:
    line: CartLine
    net: Decimal
    vat: Decimal


@dataclass(frozen=True)
class Quote:
    lines: tuple[PricedLine, ...]
    shipping: Decimal

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        return sum((line.vat for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.net + self.vat + self.shipping


def vat_rate(country: str) -> Decimal:
    return VAT_RATES[country]


def price_line(line: CartLine, country: str) -> PricedLine:
    net = line.net
    vat = (net * vat_rate(country)).quantize(CENT, rounding=ROUND_HALF_UP)
    return PricedLine(line, net, vat)


def shipping_cost(cart: Cart) -> Decimal:
    weight = sum(line.weight for line in cart)
    return HEAVY_SHIPPING if weight > HEAVY else SHIPPING


def quote(cart: Cart, country: str) -> Quote:
    priced = []
    for line in cart:
        try:
            priced.append(price_line(line, country))
        except (KeyError, ArithmeticError) as error:
            raise PricingError(f"cannot price {line.product} for {country}") from error
    return Quote(tuple(priced), shipping_cost(cart))
