"""Says its name and how large the core in the working directory is, and aborts when it is told to."""

import os
import socket
import sys

# one of another user is that of another service
owned = os.path.isfile("core") and os.stat("core").st_uid == os.geteuid()
size = os.path.getsize("core") if owned else 0
harness = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
harness.sendall(f"{sys.argv[2]} {size}\n".encode())
if harness.recv(5) == b"abort":
    os.abort()
harness.recv(1)
