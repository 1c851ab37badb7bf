import { execa } from 'execa';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE } from '../python-environment.ts';

const MACHINE = join(CACHE, 'machine');
// Debian 12 has it in qemu-system-common, later ones in a package of its own.
const SHARERS = ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd'];

/** Is everything here that `runInMachine` needs? `.build/machine.sh` makes it. */
export function hasMachine(): boolean {
  return existsSync(join(MACHINE, 'complete-2')) && SHARERS.some((sharer) => existsSync(sharer));
}

/**
 * Boots a virtual machine with a kernel of its own over this machine's files (what it writes is gone with it), runs the
 * shell script as its only program, and returns what that printed. Emulated, so that it takes no hardware: programs run
 * some five times slower. Throws with the console's last lines where the machine does not end by itself.
 */
export async function runInMachine(script: string, seconds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-machine-'));
  const program = join(folder, 'program');
  const socket = join(folder, 'files.sock');
  writeFileSync(program, `${script}\nsync\necho o > /proc/sysrq-trigger\nsleep 60\n`);
  const sharer = execa(
    SHARERS.find((path) => existsSync(path)) ?? 'virtiofsd',
    [`--socket-path=${socket}`, '-o', 'source=/', '-o', 'cache=always', '-o', 'sandbox=chroot'],
    { reject: false },
  );
  try {
    while (!existsSync(socket) && sharer.exitCode === null) await sleep(20);
    const words = [
      '-M q35 -accel tcg -cpu max -smp 1 -m 1536',
      // virtiofs wants memory that both sides see
      '-object memory-backend-memfd,id=memory,size=1536M,share=on -numa node,memdev=memory',
      `-kernel ${MACHINE}/vmlinuz -initrd ${MACHINE}/initrd`,
      '-display none -no-reboot -serial stdio',
      `-chardev socket,id=files,path=${socket} -device vhost-user-fs-pci,chardev=files,tag=root`,
    ].flatMap((line) => line.split(' '));
    // on a busy host the emulated timer misses the moment in which the kernel tests it, and the kernel panics
    const kernel = `console=ttyS0 quiet panic=-1 no_timer_check pycrash.run=${program}`;
    const machine = await execa('qemu-system-x86_64', [...words, '-append', kernel], {
      reject: false,
      stdin: 'ignore',
      timeout: seconds * 1000,
    });
    if (machine.failed) {
      const last = machine.stdout.split('\n').slice(-20).join('\n');
      throw new Error(`the machine did not end by itself: ${machine.shortMessage}\n${last}`);
    }
    return machine.stdout.replaceAll('\r', '');
  } finally {
    sharer.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The same with systemd as its first program, the journal, and Debian's systemd-coredump, which gets the cores. The
 * script runs in a service of its own.
 */
export function runUnderSystemd(script: string, seconds: number): Promise<string> {
  return runInMachine(
    `
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
rm -f /.dockerenv /etc/machine-id
for folder in run srv var/log; do mount -t tmpfs tmpfs "/$folder"; done
mkdir -p /var/log/journal /run/package
dpkg-deb -x "${MACHINE}/systemd-coredump.deb" /run/package
for folder in lib usr etc; do cp -a "/run/package/$folder/." "/$folder/"; done
rm -rf /etc/systemd/system/*.wants /lib/systemd/system/*.wants/*
echo 0123456789abcdef0123456789abcdef > /etc/machine-id
cat > /etc/systemd/system/script.target <<'UNIT'
[Unit]
Requires=script.service systemd-journald.service systemd-coredump.socket
UNIT
cat > /etc/systemd/system/script.service <<'UNIT'
[Unit]
DefaultDependencies=no
After=systemd-journald.service systemd-coredump.socket
[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStart=/bin/sh /run/script
ExecStopPost=/bin/sh -c 'sync; echo o > /proc/sysrq-trigger'
UNIT
cat > /run/script <<'SCRIPT'
# as /usr/lib/sysctl.d/50-coredump.conf has it
echo '|/lib/systemd/systemd-coredump %P %u %g %s %t %c %h' > /proc/sys/kernel/core_pattern
echo 16 > /proc/sys/kernel/core_pipe_limit
${script}
SCRIPT
exec /lib/systemd/systemd --unit=script.target --log-target=kmsg --log-level=err`,
    seconds,
  );
}
