from django import forms

from .checkout import Customer
from .countries import Country
from .payments import Card


class CheckoutForm(forms.Form):
    name = forms.CharField(max_length=120)
    email = forms.EmailField()
    country = forms.ChoiceField(choices=Country.choices)
    card_number = forms.CharField(max_length=23)
    card_expires = forms.CharField(max_length=7)
    card_security_code = forms.CharField(max_length=4)

    def customer(self) -> Customer:
        data = self.cleaned_data
        return Customer(data["name"], data["email"], data["country"])

    def card(self) -> Card:
        data = self.cleaned_data
        return Card(
            number=data["card_number"],
            expires=data["card_expires"],
            security_code=data["card_security_code"],
        )
