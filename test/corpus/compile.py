"""compile.py FILE …: prints those that this CPython cannot compile, one JSON string a line."""

import json
import sys
import warnings

warnings.simplefilter("ignore")
for file in sys.argv[1:]:
    try:
        with open(file, "rb") as source:
            compile(source.read(), file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        print(json.dumps(f"{file}: {error}"))
