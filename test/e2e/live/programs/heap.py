"""A process of some hundred megabytes that waits."""

import sys
import time

orders = [[str(number)] * 8 for number in range(1_000_000)]
sys.stdout.write("ready\n")
sys.stdout.flush()
time.sleep(3600)
