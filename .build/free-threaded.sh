#!/bin/sh
# Builds the free-threaded CPython 3.13, 3.14 and 3.15 (or those that are named: `free-threaded.sh 3.14`), which Debian
# does not package, from Debian's source into the test cache, with DWARF. Needs root or gcc and make, and Debian's archive.
set -eu
cache=${PYCRASH_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pycrash-test}
root=$cache/free-threaded
mkdir -p "$root"
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | grep -m1 debian || true)
mirror=${mirror:-http://deb.debian.org/debian}

# A mirror's index can name versions that its pool does not have. These it was seen to have, the newest first, with their
# SHA-256.
in_pool() {
  case $1 in
    3.14)
      echo 3.14.7 3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
      echo 3.14.6 143b1dddefaec3bd2e21e3b839b34a2b7fb9842272883c576420d605e9f30c63
      ;;
    3.15)
      echo 3.15.0~rc2 8d93af5eaaaea5adfd41bd786a7ba3f03f2ad1ab57c6a65e0b963deab91d5ad7
      echo 3.15.0~rc1 f84dad680ab2147417d2739355c2678f0f9acffe4ae8ef77895de1454b384b07
      ;;
  esac
}

# Downloads the source of the newest version that can be had into this folder.
download() {
  package=python$1
  # an apt with lists of its own: the machine's stay as they are
  apt=$root/$1.apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  for suite in trixie forky; do
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
  done >"$apt/sources.list"
  set -- "$1" -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root
  series=$1
  shift
  apt-get "$@" update
  for each in $(apt-cache "$@" showsrc "$package" | sed -n 's/^Version: //p' | sort -Vru); do
    apt-get "$@" --download-only source "$package=$each" && return
  done
  in_pool "$series" | while read -r each hash; do
    file=${package}_$each.orig.tar.xz
    /usr/lib/apt/apt-helper "$@" download-file "$mirror/pool/main/p/$package/$file" "$file" "SHA256:$hash" && break
  done
}

# What takes long to compile, or is there on some machines alone, and no test uses.
unused='_bz2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _curses _curses_panel _elementtree
  _hashlib _lsprof _lzma _multibytecodec _remote_debugging _sqlite3 _ssl _tkinter _uuid pyexpat readline syslog'

# No test measures these builds, so they are not optimised: the structures are the same, and a build takes 100 to 120 seconds of
# one core, not 360. `make install` would compile the whole library three times.
build() {
  prefix=$root/$1
  exec 9>"$prefix.lock"
  flock 9
  [ -e "$prefix/complete" ] && return
  rm -rf "$prefix" "$prefix.source"
  mkdir -p "$prefix.source"
  cd "$prefix.source"
  download "$1"
  tar -xf "python$1"_*.orig.tar.xz --strip-components=1 --exclude='*/Doc' --exclude='*/Lib/test'
  # 3.15 has decimal in Python alone unless it is told to use the libmpdec that it brings
  OPT='-DNDEBUG -fwrapv -O0 -g' ./configure -q --disable-gil --disable-test-modules --without-ensurepip \
    --with-system-libmpdec=no --prefix="$prefix" $(printf 'py_cv_module_%s=n/a ' $unused) >configure.log 2>&1
  make -s "-j${JOBS:-$(nproc)}" sharedmods >make.log 2>&1
  library=$prefix/lib/python${1}t
  mkdir -p "$prefix/bin" "$library/lib-dynload"
  cp python "$prefix/bin/python${1}t"
  cp -L "$(cat pybuilddir.txt)"/*.so "$library/lib-dynload"
  cp -r Lib/. "$(cat pybuilddir.txt)"/_sysconfig* "$library"
  # the programs of the tests write no bytecode, and without it importing asyncio takes a second
  "$prefix/bin/python${1}t" -m compileall -q "$library"
  cd "$root"
  rm -rf "$prefix.source" "$prefix.apt"
  touch "$prefix/complete"
}

# the libraries of ctypes and of what Django imports
headers=$(printf '#include <%s>\n' ffi.h zlib.h)
{ command -v make && echo "$headers" | gcc -E -; } >/dev/null 2>&1 || {
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends gcc libc6-dev libffi-dev make zlib1g-dev >/dev/null
}
for version in ${*:-3.13 3.14 3.15}; do
  (build "$version")
done
