# A systemd of its own in a root of its own; of the machine's units only the journal starts.
make_root
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/unified" "$root/sys/fs/cgroup/systemd"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
fi

units=$root/etc/systemd/system
rm -rf "$units"
mkdir -p "$units" "$root/etc/systemd/journald.conf.d"
for wants in "$root"/lib/systemd/system/*.target.wants; do
  for unit in "$wants"/*; do
    case ${unit##*/} in
      systemd-journald.service | systemd-journald.socket | systemd-journald-dev-log.socket) ;;
      *) rm -f "$unit" ;;
    esac
  done
done
: >"$root/etc/fstab"
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nAudit=\n' >"$root/etc/systemd/journald.conf.d/pycrash-verify.conf"

fill_root "$@"
enter_root
exec env -i container=pycrash-verify PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --unit=basic.target --show-status=no --log-target=journal
