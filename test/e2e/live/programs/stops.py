"""Runs a program as a child, says its pid, and writes a line each time that it is stopped or continued (wait(2))."""

import os
import subprocess
import sys

child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
child.stdout.readline()
sys.stdout.write(str(child.pid) + "\n")
sys.stdout.flush()
while True:
    _, status = os.waitpid(child.pid, os.WUNTRACED | os.WCONTINUED)
    if os.WIFSTOPPED(status):
        word = "stopped"
    elif os.WIFCONTINUED(status):
        word = "continued"
    else:
        break
    sys.stdout.write(word + "\n")
    sys.stdout.flush()
