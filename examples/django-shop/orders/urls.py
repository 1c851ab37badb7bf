from django.urls import path

from .views import CheckoutView, ThanksView

app_name = "orders"

urlpatterns = [
    path("checkout/", CheckoutView.as_view(), name="checkout"),
    path("thanks/", ThanksView.as_view(), name="thanks"),
]
