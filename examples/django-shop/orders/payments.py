"""The payment provider."""

import uuid
from dataclasses import dataclass
from decimal import Decimal


class PaymentDeclined(Exception):
    """The provider does not take this card."""


@dataclass
class Card:
    number: str
    expires: str
    security_code: str

    def is_valid(self) -> bool:
        """Does the number have a correct check digit (ISO/IEC 7812-1)?"""
        digits = [int(digit) for digit in self.number if digit.isdigit()]
        doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
        return len(digits) > 11 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


class Gateway:
    """Stands in for the provider's client: approves every valid card."""

    def __init__(self, api_key: str):
        self.api_key = api_key

    def charge(self, card: Card, amount: Decimal) -> str:
        if not card.is_valid():
            raise PaymentDeclined("The card was declined.")
        return f"ch_{uuid.uuid4().hex}"
