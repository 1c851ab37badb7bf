from io import StringIO

from django.core.management import call_command
from django.urls import reverse
from rest_framework.test import APITestCase

from orders.models import Order

ORDER = {
    "lines": [{"sku": "MUG-01", "quantity": 2}, {"sku": "PEN-01", "quantity": 1}],
    "customer": {"name": "Ada", "email": "ada@example.com", "country": "FR"},
    "card": {
        "number": "4242 4242 4242 4242",
        "expires": "12/2031",
        "security_code": "123",
    },
}


class ApiTests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("seed_catalog", stdout=StringIO())

    def test_products(self):
        response = self.client.get(reverse("api:products"))
        self.assertEqual(len(response.json()), 4)

    def test_unknown_product_is_not_found(self):
        response = self.client.get(reverse("api:product", args=["NONE-01"]))
        self.assertEqual(response.status_code, 404)

    def test_order(self):
        response = self.client.post(reverse("api:orders"), ORDER, format="json")
        self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual(response.json()["total"], "66.10")
        self.assertEqual(Order.objects.get().lines.count(), 2)

    def test_unknown_country_is_refused(self):
        order = ORDER | {"customer": ORDER["customer"] | {"country": "XX"}}
        response = self.client.post(reverse("api:orders"), order, format="json")
        self.assertEqual(response.status_code, 400)

    def test_declined_card_is_refused(self):
        order = ORDER | {"card": ORDER["card"] | {"number": "4242 4242 4242 4241"}}
        response = self.client.post(reverse("api:orders"), order, format="json")
        self.assertEqual(response.status_code, 400)
        self.assertFalse(Order.objects.exists())
