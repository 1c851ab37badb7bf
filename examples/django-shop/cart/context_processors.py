from .cart import Cart


def cart(request):
    return {"cart": Cart.from_session(request.session)}
