from django.views.generic import DetailView, ListView

from .models import Product


class ProductListView(ListView):
    queryset = Product.objects.filter(available=True).select_related("category")
    context_object_name = "products"


class ProductDetailView(DetailView):
    queryset = Product.objects.filter(available=True).select_related("category")
    context_object_name = "product"
