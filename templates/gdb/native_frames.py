"""Prints the native frames of every thread of a core, one line each: the thread, the address, the function."""

import sys

import gdb

MOST = int(gdb.parse_and_eval("$pycrash_most"))

for thread in gdb.selected_inferior().threads():
    try:
        thread.switch()
        frame = gdb.newest_frame()
        left = MOST
        while frame is not None and left > 0:
            # what debug symbols know beyond the stack: what was inlined, and what was left by a tail call
            if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
                sys.stdout.write("pycrash-frame %d 0x%x %s\n" % (thread.ptid[1], frame.pc(), frame.name() or ""))
                left -= 1
            frame = frame.older()
    except gdb.error:
        continue
