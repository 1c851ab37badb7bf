"""`python emulated.py SCENARIO`: crash.py, after writing to PYCRASH_MAPS which file is mapped where."""

import os
import sys

from crash import SCENARIOS

with open("/proc/self/maps") as maps, open(os.environ["PYCRASH_MAPS"], "w") as copy:
    copy.write(maps.read())
SCENARIOS[sys.argv[1]]()
