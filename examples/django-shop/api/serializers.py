from rest_framework import serializers

from cart.cart import Cart
from catalog.models import Product
from orders.checkout import Customer, place_order
from orders.countries import Country
from orders.models import Order
from orders.payments import Card, PaymentDeclined


class ProductSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ["sku", "name", "description", "price"]


class LineSerializer(serializers.Serializer):
    sku = serializers.SlugRelatedField(
        slug_field="sku", queryset=Product.objects.filter(available=True)
    )
    quantity = serializers.IntegerField(min_value=1, max_value=99)


class CustomerSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField()
    country = serializers.ChoiceField(choices=Country.choices)


class CardSerializer(serializers.Serializer):
    number = serializers.CharField(max_length=23)
    expires = serializers.CharField(max_length=7)
    security_code = serializers.CharField(max_length=4)


class OrderSerializer(serializers.ModelSerializer):
    lines = LineSerializer(many=True, allow_empty=False, write_only=True)
    customer = CustomerSerializer(write_only=True)
    card = CardSerializer(write_only=True)
    total = serializers.DecimalField(max_digits=10, decimal_places=2, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "lines", "customer", "card", "net", "vat", "shipping", "total"]
        read_only_fields = ["id", "net", "vat", "shipping"]

    def create(self, validated_data):
        cart = Cart()
        for line in validated_data["lines"]:
            cart.add(line["sku"].sku, line["quantity"])
        customer = Customer(**validated_data["customer"])
        card = Card(**validated_data["card"])
        try:
            return place_order(cart, customer, card)
        except PaymentDeclined as error:
            raise serializers.ValidationError({"card": [str(error)]}) from error
