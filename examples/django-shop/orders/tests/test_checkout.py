from io import StringIO

from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse

from orders.models import Order

CHECKOUT = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "country": "DE",
    "card_number": "4242 4242 4242 4242",
    "card_expires": "12/2031",
    "card_security_code": "123",
}


class CheckoutTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("seed_catalog", stdout=StringIO())

    def test_empty_cart(self):
        response = self.client.get(reverse("orders:checkout"))
        self.assertRedirects(response, reverse("cart:show"))

    def test_order_is_placed_and_cart_emptied(self):
        self.client.post(reverse("cart:add", args=["PEN-01"]))
        response = self.client.post(reverse("orders:checkout"), CHECKOUT)
        self.assertRedirects(response, reverse("orders:thanks"))
        order = Order.objects.get()
        self.assertEqual(str(order.total), "42.98")
        self.assertEqual(order.lines.get().product.sku, "PEN-01")
        self.assertTrue(order.payment_reference.startswith("ch_"))
        self.assertEqual(self.client.session["cart"], {})

    def test_declined_card_leaves_no_order(self):
        self.client.post(reverse("cart:add", args=["PEN-01"]))
        response = self.client.post(
            reverse("orders:checkout"),
            CHECKOUT | {"card_number": "4242 4242 4242 4241"},
        )
        self.assertContains(response, "The card was declined.")
        self.assertFalse(Order.objects.exists())
