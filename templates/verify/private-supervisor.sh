# Another supervisor as the first process of a root of its own; /run/pycrash-verify/start says how it is started.
make_root
fill_root "$@"
enter_root
# on a server an init starts it, with the limits that nearly every init has: soft 0, hard unlimited
ulimit -S -c 0
exec env -i /bin/sh /run/pycrash-verify/start
