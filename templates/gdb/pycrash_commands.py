"""gdb commands that show what pycrash read out of the core. `pycrash debug` puts this file beside its report.json."""

import json
import os

import gdb

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "report.json"), encoding="utf-8") as file:
    REPORT = json.load(file)


def number(argument, default):
    if not argument.strip():
        return default
    try:
        return int(argument, 0)
    except ValueError:
        raise gdb.GdbError("a number is wanted, not %s" % argument)


class PyExc(gdb.Command):
    """Show the exception in flight with its whole chain: causes, contexts, members of groups.

    py-exc            without locals
    py-exc locals     with the locals of the application's frames
    Read by pycrash; no symbols are needed."""

    def __init__(self):
        super().__init__("py-exc", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        print(REPORT["chainLocals" if argument.strip() == "locals" else "chain"])


class PyTb(gdb.Command):
    """Show the traceback of an exception, outermost call first; #0 is the frame that raised.

    py-tb [K]   K counts the exceptions of the chain; 0, the default, was in flight
    Read by pycrash; no symbols are needed."""

    def __init__(self):
        super().__init__("py-tb", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        exception = chosen(number(argument, 0))
        for each in reversed(exception["frames"]):
            print(each["text"])
        print(exception["headline"])


class PyTbLocals(gdb.Command):
    """Show the locals of a frame of the traceback, as py-tb numbers them.

    py-tb-locals [N [K]]   frame N (0: the one that raised) of exception K (0: the one in flight)
    Read by pycrash; no symbols are needed."""

    def __init__(self):
        super().__init__("py-tb-locals", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = argument.split()
        frames = chosen(number(words[1] if len(words) > 1 else "", 0))["frames"]
        wanted = number(words[0] if words else "", 0)
        if not 0 <= wanted < len(frames):
            raise gdb.GdbError("there is no frame %d; py-tb shows them" % wanted)
        print(frames[wanted]["text"])
        for line in frames[wanted]["locals"]:
            print("    " + line)


def chosen(index):
    exceptions = REPORT["exceptions"]
    if not exceptions:
        raise gdb.GdbError("pycrash found no exception in this core")
    if not 0 <= index < len(exceptions):
        raise gdb.GdbError("there are %d exceptions in the chain: 0 to %d" % (len(exceptions), len(exceptions) - 1))
    return exceptions[index]


class WithoutSymbols(gdb.Command):
    """Needs the debug symbols of the interpreter, which gdb does not have here."""

    def __init__(self, name):
        self.name = name
        super().__init__(name, gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        print(REPORT["symbolsHint"])
        if self.name == "py-bt":
            print("The Python frames of this thread, as pycrash read them:")
            print(REPORT["threads"])


def have_symbols():
    for name in ("_PyInterpreterFrame", "PyFrameObject", "struct _frame"):
        try:
            gdb.lookup_type(name)
            return True
        except gdb.error:
            pass
    return False


def have_command(name):
    try:
        gdb.execute("help " + name, to_string=True)
        return True
    except gdb.error:
        return False


PyExc()
PyTb()
PyTbLocals()
if REPORT["libpython"] and not have_command("py-bt") and have_symbols():
    gdb.execute("source " + REPORT["libpython"])
if not (have_command("py-bt") and have_symbols()):
    for each in ("py-bt", "py-list", "py-up", "py-down", "py-locals", "py-print"):
        WithoutSymbols(each)
