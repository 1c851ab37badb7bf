from rest_framework import generics

from catalog.models import Product

from .serializers import OrderSerializer, ProductSerializer


class ProductList(generics.ListAPIView):
    queryset = Product.objects.filter(available=True)
    serializer_class = ProductSerializer


class ProductDetail(generics.RetrieveAPIView):
    queryset = Product.objects.filter(available=True)
    serializer_class = ProductSerializer
    lookup_field = "sku"


class OrderCreate(generics.CreateAPIView):
    serializer_class = OrderSerializer
