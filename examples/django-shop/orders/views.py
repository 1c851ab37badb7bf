from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import FormView, TemplateView

from cart.cart import Cart

from .checkout import place_order
from .forms import CheckoutForm
from .payments import PaymentDeclined


class CheckoutView(FormView):
    form_class = CheckoutForm
    template_name = "orders/checkout.html"
    success_url = reverse_lazy("orders:thanks")

    def dispatch(self, request, *args, **kwargs):
        self.cart = Cart.from_session(request.session)
        if not self.cart:
            messages.info(request, "Your cart is empty.")
            return redirect("cart:show")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        try:
            place_order(self.cart, form.customer(), form.card())
        except PaymentDeclined as error:
            form.add_error("card_number", str(error))
            return self.form_invalid(form)
        self.cart.clear()
        self.cart.save(self.request.session)
        return super().form_valid(form)


class ThanksView(TemplateView):
    template_name = "orders/thanks.html"
