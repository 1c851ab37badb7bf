from shop.pricing import Basket, total

BASKETS = {
    1: Basket(customer="ada", lines=[("tea", 2, 450), ("cup", 1, 1200)]),
    2: Basket(customer="bob", lines=[("pot", 1, 2900)], voucher="SPRING"),
}


def invoice(number: int) -> int:
    return total(BASKETS[number])
