from django.db import models

from catalog.models import Product

from .countries import Country


class Order(models.Model):
    name = models.CharField(max_length=120)
    email = models.EmailField()
    country = models.CharField(max_length=2, choices=Country.choices)
    net = models.DecimalField(max_digits=10, decimal_places=2)
    vat = models.DecimalField("VAT", max_digits=10, decimal_places=2)
    shipping = models.DecimalField(max_digits=8, decimal_places=2)
    payment_reference = models.CharField(max_length=40)
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-placed_at"]

    def __str__(self):
        return f"Order {self.pk} of {self.name}"

    @property
    def total(self):
        return self.net + self.vat + self.shipping


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    net = models.DecimalField(max_digits=10, decimal_places=2)
    vat = models.DecimalField("VAT", max_digits=10, decimal_places=2)

    def __str__(self):
        return f"{self.quantity} × {self.product}"
