"""URL configuration of the shop."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path


def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("api.urls")),
    path("cart/", include("cart.urls")),
    path("orders/", include("orders.urls")),
    path("healthz/", healthz, name="healthz"),
    path("", include("catalog.urls")),
]
