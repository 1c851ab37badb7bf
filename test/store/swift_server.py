"""OpenStack Swift with its S3 interface: all of its servers in this process, on 127.0.0.1, with a folder as the disk.

python swift_server.py FOLDER PORT ACCOUNT:USER SECRET
"""

import os
import sys

import eventlet

# Before anything else is imported: the servers take turns whenever one of them waits.
eventlet.monkey_patch()

from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.utils import set_swift_dir  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

# In the order that docs.openstack.org/swift/latest/middleware.html#s3-api asks for; slo is what parts need.
FILTERS = "catch_errors gatekeeper memcache listing_formats bulk s3api tempauth slo".split()
STORES = ["account", "container", "object"]


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def make_ring(folder: str, kind: str, port: int) -> None:
    """One partition pair on one disk: where the proxy finds what it stores."""
    builder = RingBuilder(1, 1, 0)
    disk = {"id": 0, "region": 1, "zone": 1, "weight": 1}
    builder.add_dev({**disk, "ip": "127.0.0.1", "port": port, "device": "disk"})
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{kind}.ring.gz")


def configure(folder: str, user: str, secret: str) -> None:
    base = f"[DEFAULT]\nswift_dir = {folder}\ndevices = {folder}\nmount_check = false\n"
    for kind in STORES:
        app = f"[pipeline:main]\npipeline = app\n[app:app]\nuse = egg:swift#{kind}\n"
        write(f"{folder}/{kind}.conf", base + app)
    account, name = user.split(":")
    options = {"tempauth": f"user_{account}_{name} = {secret} .admin\n"}
    filters = "".join(
        f"[filter:{name}]\nuse = egg:swift#{name}\n{options.get(name, '')}"
        for name in FILTERS
    )
    app = "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
    pipeline = f"[pipeline:main]\npipeline = {' '.join(FILTERS)} proxy-server\n"
    write(f"{folder}/proxy.conf", base + pipeline + app + filters)


def main(folder: str, port: str, user: str, secret: str) -> None:
    os.makedirs(f"{folder}/disk")
    suffix = "[swift-hash]\nswift_hash_path_suffix = tests\n"
    write(f"{folder}/swift.conf", f"{suffix}[storage-policy:0]\nname = one\n")
    set_swift_dir(folder)
    configure(folder, user, secret)
    sockets = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in STORES}
    for kind, socket in sockets.items():
        make_ring(folder, kind, socket.getsockname()[1])
    sockets["proxy"] = eventlet.listen(("127.0.0.1", int(port)))
    servers = [
        eventlet.spawn(
            eventlet.wsgi.server,
            socket,
            loadapp(f"{folder}/{kind}.conf"),
            log_output=False,
        )
        for kind, socket in sockets.items()
    ]
    servers[0].wait()


main(*sys.argv[1:])
