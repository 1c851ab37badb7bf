from decimal import Decimal

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.text import slugify

from catalog.models import Category, Product

CATALOG = {
    "Kitchen": [
        ("MUG-01", "Enamel mug", Decimal("9.50"), 180),
        ("POT-02", "Cast iron pot", Decimal("74.00"), 4200),
    ],
    "Stationery": [
        ("PEN-01", "Fountain pen", Decimal("32.00"), 40),
        ("INK-03", "Bottle of ink", Decimal("12.40"), 150),
    ],
}


class Command(BaseCommand):
    help = "Put a few products into the catalogue; products that exist are left alone."

    @transaction.atomic
    def handle(self, **options):
        created = 0
        for category_name, products in CATALOG.items():
            category, _ = Category.objects.get_or_create(
                slug=slugify(category_name), defaults={"name": category_name}
            )
            for sku, name, price, weight in products:
                _, new = Product.objects.get_or_create(
                    sku=sku,
                    defaults={
                        "category": category,
                        "name": name,
                        "slug": slugify(name),
                        "price": price,
                        "weight": weight,
                    },
                )
                created += new
        self.stdout.write(f"{created} products created")
