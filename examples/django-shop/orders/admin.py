from django.contrib import admin

from .models import Order, OrderLine


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    extra = 0
    raw_id_fields = ["product"]


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["id", "name", "country", "total", "placed_at"]
    list_filter = ["country"]
    date_hierarchy = "placed_at"
    inlines = [OrderLineInline]
