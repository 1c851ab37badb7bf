"""What every framework's planted routes have in common: where they are, and the code that fails."""

import os

PREFIX = "pycrash-verify-" + os.environ["PYCRASH_VERIFY_RUN"]

# Planted addresses whose errors are the client's, and the status that the framework's own exception for it has.
HANDLED = {"missing": 404, "forbidden": 403, "suspicious": 400, "too-many-fields": 413, "invalid": 422}


class PlantedError(Exception):
    pass


def price(request_id):
    planted_local = "planted-" + request_id
    try:
        return {}[planted_local]
    except KeyError as error:
        raise PlantedError("pycrash verify planted this") from error
