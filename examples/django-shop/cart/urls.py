from django.urls import path

from . import views

app_name = "cart"

urlpatterns = [
    path("", views.show, name="show"),
    path("add/<slug:sku>/", views.add, name="add"),
]
