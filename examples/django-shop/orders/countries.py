"""Countries that the shop delivers to, by ISO 3166-1 code."""

from django.db import models


class Country(models.TextChoices):
    AUSTRIA = "AT", "Austria"
    FRANCE = "FR", "France"
    GERMANY = "DE", "Germany"
    GREECE = "GR", "Greece"
    ITALY = "IT", "Italy"
