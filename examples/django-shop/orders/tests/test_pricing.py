from decimal import Decimal
from io import StringIO

from django.core.management import call_command
from django.test import TestCase

from cart.cart import Cart
from orders.pricing import HEAVY_SHIPPING, SHIPPING, quote


class QuoteTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("seed_catalog", stdout=StringIO())

    def test_vat_of_the_customers_country(self):
        cart = Cart({"MUG-01": 2})
        self.assertEqual(quote(cart, "DE").vat, Decimal("3.61"))
        self.assertEqual(quote(cart, "IT").vat, Decimal("4.18"))

    def test_total(self):
        self.assertEqual(quote(Cart({"PEN-01": 1}), "FR").total, Decimal("43.30"))

    def test_shipping_by_weight(self):
        self.assertEqual(quote(Cart({"POT-02": 1}), "AT").shipping, SHIPPING)
        self.assertEqual(quote(Cart({"POT-02": 2}), "AT").shipping, HEAVY_SHIPPING)
