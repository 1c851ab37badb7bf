from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from catalog.models import Product

SESSION_KEY = "cart"


@dataclass(frozen=True)
class CartLine:
    product: Product
    quantity: int

    @property
    def net(self) -> Decimal:
        return self.product.price * self.quantity

    @property
    def weight(self) -> int:
        return self.product.weight * self.quantity


class Cart:
    """What a visitor is about to buy: quantities by SKU."""

    def __init__(self, quantities=None):
        self.quantities: dict[str, int] = dict(quantities or {})

    def __repr__(self):
        return f"<Cart: {self.quantities}>"

    def __bool__(self):
        return bool(self.quantities)

    def __len__(self):
        return sum(self.quantities.values())

    def __iter__(self) -> Iterator[CartLine]:
        products = Product.objects.filter(available=True).in_bulk(
            self.quantities, field_name="sku"
        )
        for sku, quantity in self.quantities.items():
            if sku in products:
                yield CartLine(products[sku], quantity)

    @classmethod
    def from_session(cls, session) -> "Cart":
        return cls(session.get(SESSION_KEY))

    def save(self, session) -> None:
        session[SESSION_KEY] = self.quantities

    def add(self, sku: str, quantity: int = 1) -> None:
        self.quantities[sku] = self.quantities.get(sku, 0) + quantity

    def clear(self) -> None:
        self.quantities.clear()
