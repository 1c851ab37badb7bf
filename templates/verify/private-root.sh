# The functions with which `pycrash verify` makes a root of its own in new namespaces, over a copy-on-write view of this
# machine's files: nothing that happens in it is seen outside, and all of it is gone when its first process ends. Run as
#   unshare --mount --pid --uts --ipc --cgroup --fork --kill-child sh SCRIPT PLACE ROOT SHARED...
# PLACE: the throw-away place. ROOT: an empty folder in it. SHARED: SOURCE=TARGET:MODE, bound at TARGET: rw, ro,
# or cow (written to a copy).
set -eu
place=$1 root=$2
shift 2

make_root() {
  mount --make-rprivate /
  layers=$place/layers
  mkdir -p "$layers"
  mount -t tmpfs -o mode=755 tmpfs "$layers"
  mkdir "$layers/upper" "$layers/work"
  mount -t overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" overlay "$root"

  # systemd's tmpfiles job empties /tmp, and what is written to /dev (the log socket) would reach the machine.
  for folder in run tmp var/tmp dev; do
    mount -t tmpfs -o mode=755 tmpfs "$root/$folder"
  done
  chmod 1777 "$root/tmp" "$root/var/tmp"
  for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"

  mount -t proc proc "$root/proc"
  # The settings of the kernel belong to the machine.
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount -o remount,bind,ro "$root/proc/sys"
  mount -t sysfs -o ro sysfs "$root/sys"
}

# Binds what is shared, and lays the files of this run over the machine's.
fill_root() {
  for shared; do
    source=${shared%%=*} target=${shared#*=}
    mode=${target##*:} target=${target%:*}
    mkdir -p "$root$target"
    case $mode in
      cow)
        count=$((${count:-0} + 1))
        mkdir "$layers/upper-$count" "$layers/work-$count"
        mount -t overlay -o "lowerdir=$source,upperdir=$layers/upper-$count,workdir=$layers/work-$count" \
          overlay "$root$target"
        ;;
      rw) mount --bind "$source" "$root$target" ;;
      *)
        mount --bind "$source" "$root$target"
        mount -o remount,bind,ro "$root$target"
        ;;
    esac
    # the service's user has to get to what lies in somebody's home
    folder=$target
    while [ "$folder" != / ]; do
      folder=$(dirname "$folder")
      chmod a+x "$root$folder"
    done
  done
  cp -R "$place/files/." "$root/"
}

enter_root() {
  cd "$root"
  mkdir -p mnt/.pycrash-verify
  pivot_root . mnt/.pycrash-verify
  umount -l /mnt/.pycrash-verify
}
