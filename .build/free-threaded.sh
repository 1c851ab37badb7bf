#!/bin/sh
# Builds the free-threaded CPython 3.13, which Debian does not package, from Debian's source into the test cache, with
# DWARF; `free-threaded.sh 3.14` another one. Takes 6 minutes of one core. Needs root or gcc and make, and Debian's archive.
set -eu
cache=${PYCRASH_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pycrash-test}
root=$cache/free-threaded
mkdir -p "$root"
exec 9>"$root.lock"
flock 9
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | grep -m1 debian || true)

# An apt with lists of its own: the machine's stay as they are.
apt_source() {
  apt=$root/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  for suite in trixie forky; do
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main"
  done >"$apt/sources.list"
  set -- -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root "$@"
  [ -e "$apt/updated" ] || { apt-get "$@" update && touch "$apt/updated"; }
  # the newest one that the mirror has
  for each in $(apt-cache "$@" showsrc "$package" | sed -n 's/^Version: //p' | sort -Vru); do
    apt-get "$@" --download-only source "$package=$each" && return
  done
  return 1
}

for version in ${*:-3.13}; do
  prefix=$root/$version
  [ -e "$prefix/complete" ] && continue
  command -v gcc >/dev/null && command -v make >/dev/null ||
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev make >/dev/null; }
  rm -rf "$prefix" "$root/source"
  mkdir -p "$root/source"
  cd "$root/source"
  package=python$version
  apt_source
  tar -xf "python${version}"_*.orig.tar.xz --strip-components=1
  ./configure -q --disable-gil --disable-test-modules --without-ensurepip \
    --prefix="$prefix" CFLAGS=-g >configure.log 2>&1
  make -s "-j${JOBS:-$(nproc)}" >make.log 2>&1
  make -s altinstall >install.log 2>&1
  cd "$root"
  rm -rf source "$prefix/include" "$prefix"/lib/libpython*.a "$prefix"/lib/python*/config-*
  touch "$prefix/complete"
done
rm -rf "$root/apt"
