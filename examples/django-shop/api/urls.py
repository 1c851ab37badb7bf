from django.urls import path

from .views import OrderCreate, ProductDetail, ProductList

app_name = "api"

urlpatterns = [
    path("products/", ProductList.as_view(), name="products"),
    path("products/<slug:sku>/", ProductDetail.as_view(), name="product"),
    path("orders/", OrderCreate.as_view(), name="orders"),
]
