from io import StringIO

from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse

from .cart import Cart


class CartTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("seed_catalog", stdout=StringIO())

    def test_add_twice(self):
        for _ in range(2):
            self.client.post(reverse("cart:add", args=["MUG-01"]))
        cart = Cart.from_session(self.client.session)
        self.assertEqual(cart.quantities, {"MUG-01": 2})
        self.assertContains(self.client.get(reverse("cart:show")), "2 × Enamel mug")

    def test_unknown_product_is_not_found(self):
        response = self.client.post(reverse("cart:add", args=["NONE-01"]))
        self.assertEqual(response.status_code, 404)

    def test_line_totals(self):
        (line,) = Cart({"MUG-01": 3})
        self.assertEqual(str(line.net), "28.50")
        self.assertEqual(line.weight, 540)
