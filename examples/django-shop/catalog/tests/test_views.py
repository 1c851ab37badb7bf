from io import StringIO

from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse

from catalog.models import Product


class CatalogViewTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("seed_catalog", stdout=StringIO())
        Product.objects.filter(sku="POT-02").update(available=False)

    def test_list_shows_available_products(self):
        response = self.client.get(reverse("catalog:products"))
        self.assertContains(response, "Enamel mug")
        self.assertNotContains(response, "Cast iron pot")

    def test_detail(self):
        product = Product.objects.get(sku="MUG-01")
        response = self.client.get(product.get_absolute_url())
        self.assertContains(response, "9.50 EUR")

    def test_unavailable_product_is_not_found(self):
        product = Product.objects.get(sku="POT-02")
        response = self.client.get(product.get_absolute_url())
        self.assertEqual(response.status_code, 404)
