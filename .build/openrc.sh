#!/bin/sh
# Puts Debian's OpenRC into a folder of the test cache: installed, it would take the place of the machine's own init scripts.
set -eu
cache=${PYCRASH_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pycrash-test}
root=$cache/openrc
mkdir -p "$cache"
exec 9>"$root.lock"
flock 9
[ -e "$root/complete" ] && exit 0
rm -rf "$root"
mkdir -p "$root/packages"
cd "$root/packages"
# a fresh machine has no lists of packages
apt-cache show openrc > /dev/null 2>&1 || apt-get update -qq
apt-get download -q openrc libeinfo1 librc1 > /dev/null
for package in *.deb; do dpkg-deb -x "$package" "$root"; done
dpkg-deb -f openrc_*.deb Version > "$root/version"
# what Debian's openrc reads of insserv
touch "$root/etc/insserv.conf" "$root/complete"
