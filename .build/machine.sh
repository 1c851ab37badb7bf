#!/bin/sh
# Makes the parts of a small virtual machine in the test cache: Debian's cloud kernel, and an initial RAM disk that puts
# a writable view over this machine's own files. A kernel of its own has sysctls of its own, so that a test may change
# kernel.core_pattern. Needs Debian or Ubuntu and the packages that .build/test.mjs installs.
set -eu
cache=${PYCRASH_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pycrash-test}
machine=$cache/machine
mkdir -p "$cache"
exec 9>"$machine.lock"
flock 9
[ -e "$machine/complete-2" ] && exit 0
rm -rf "$machine"
mkdir -p "$machine/ram/modules" "$machine/ram/bin"
cd "$machine"
# A machine that has all of the packages may have no lists of what else there is.
apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || apt-get update -qq
image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^  Depends: \(linux-image-[0-9].*\)$/\1/p')
apt-get download -qq "$image"
dpkg-deb -x linux-image-*.deb kernel
cp kernel/boot/vmlinuz-* vmlinuz
# In the order in which they need one another.
number=10
for module in drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_modern_dev \
  drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci fs/fuse/fuse fs/fuse/virtiofs fs/overlayfs/overlay; do
  cp kernel/lib/modules/*/kernel/$module.ko "ram/modules/$number.ko"
  number=$((number + 1))
done
cp "$(command -v busybox)" ram/bin/busybox
cat >ram/init <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /lower /changes /root-folder
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do $b insmod "$module"; done
$b mount -t virtiofs -o ro root /lower
$b mount -t tmpfs tmpfs /changes
$b mkdir /changes/upper /changes/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/changes/upper,workdir=/changes/work overlay /root-folder
for folder in proc sys dev; do $b mount --move /$folder /root-folder/$folder; done
program=$($b sed -n 's/.*pycrash.run=\([^ ]*\).*/\1/p' /root-folder/proc/cmdline)
exec $b switch_root /root-folder /bin/sh "$program"
INIT
chmod +x ram/init
(cd ram && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >initrd
apt-get download -qq systemd-coredump
mv systemd-coredump_*.deb systemd-coredump.deb
rm -rf kernel ram linux-image-*.deb
touch complete-2
