"""Bill the orders that are put into a folder, one after the other."""

import json
import sys
import time
from pathlib import Path

VOUCHERS = {"SUMMER": 10}


def discount(cents, voucher):
    percent = VOUCHERS[voucher]  # The bug: a voucher that is over is not there.
    return cents * percent // 100


def bill(order):
    cents = order["cents"]
    return cents - discount(cents, order["voucher"])


def main(folder):
    print("ready", flush=True)
    while True:
        for file in sorted(folder.glob("*.json")):
            order = json.loads(file.read_text())
            file.unlink()
            print(bill(order), flush=True)
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
