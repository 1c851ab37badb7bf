"""From a cart to a paid order."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from cart.cart import Cart

from . import pricing
from .models import Order, OrderLine
from .payments import Card, Gateway

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Customer:
    name: str
    email: str
    country: str


@transaction.atomic
def place_order(cart: Cart, customer: Customer, card: Card) -> Order:
    """
    Charge the card and store the order.

    Raise PaymentDeclined if the provider does not take the card.
    """
    api_key = settings.PAYMENT_API_KEY
    gateway = Gateway(api_key)
    quote = pricing.quote(cart, customer.country)
    order = Order.objects.create(
        name=customer.name,
        email=customer.email,
        country=customer.country,
        net=quote.net,
        vat=quote.vat,
        shipping=quote.shipping,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            product=priced.line.product,
            quantity=priced.line.quantity,
            net=priced.net,
            vat=priced.vat,
        )
        for priced in quote.lines
    )
    order.payment_reference = gateway.charge(card, quote.total)
    order.save(update_fields=["payment_reference"])
    logger.info("order %s: %s %s", order.pk, quote.total, settings.SHOP_CURRENCY)
    return order
