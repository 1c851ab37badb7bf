#!/bin/sh
# Puts Debian forky into a folder of the test cache: Python 3.14 and 3.15 with debug symbols, and gdb. Needs root.
set -eu
cache=${PYCRASH_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pycrash-test}
root=$cache/forky
mkdir -p "$cache"
exec 9>"$root.lock"
flock 9
[ -e "$root/complete-2" ] && exit 0
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | grep -m1 debian || true)
packages=python3.14,python3.14-venv,python3.14-dbg,python3.15,python3.15-venv,python3.15-dbg,gdb,ca-certificates
rm -rf "$root"
# bookworm's debootstrap does not know forky: its script for sid fits.
debootstrap --variant=minbase --include="$packages" forky "$root" "${mirror:-http://deb.debian.org/debian}" sid
rm -rf "$root/var/cache/apt/archives"
touch "$root/complete-2"
