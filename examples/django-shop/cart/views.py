from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from catalog.models import Product

from .cart import Cart


@require_GET
def show(request):
    return render(request, "cart/cart.html")


@require_POST
def add(request, sku):
    product = get_object_or_404(Product, sku=sku, available=True)
    cart = Cart.from_session(request.session)
    cart.add(product.sku)
    cart.save(request.session)
    return redirect("cart:show")
