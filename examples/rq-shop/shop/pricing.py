from __future__ import annotations

from dataclasses import dataclass, field

VOUCHERS = {"SUMMER": 10}


@dataclass
class Basket:
    customer: str
    lines: list[tuple[str, int, int]] = field(default_factory=list)
    voucher: str | None = None


def total(basket: Basket) -> int:
    """Return what the basket costs, in cents."""
    cents = sum(count * price for _, count, price in basket.lines)
    return cents - discount(cents, basket.voucher)


def discount(cents: int, voucher: str | None) -> int:
    if voucher is None:
        return 0
    percent = VOUCHERS[voucher]  # The bug: a voucher that is over is not there.
    return cents * percent // 100
