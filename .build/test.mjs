// `npm test [-- vitest arguments]`: installs what is missing, builds the bundle, runs every test.
// A test whose part is still missing says so and is listed at the end.
import { spawnSync } from 'node:child_process';
import { installDebianPackages, installPackages, root, run } from './install.mjs';

installPackages();
const complete = installDebianPackages([
  'apache2',
  'busybox-static',
  'daemontools',
  'debootstrap',
  'dumb-init',
  'elfutils',
  'execline',
  'gcc',
  'gdb',
  'git',
  'gnupg',
  'gosu',
  'libapache2-mod-wsgi-py3',
  'libcap2-bin',
  'lz4',
  'netavark',
  'podman',
  'python3-venv',
  'python3.11-dbg',
  'qemu-system-x86',
  'qemu-user-static',
  'redis-server',
  'runc',
  'runit',
  's6',
  'supervisor',
  'systemd',
  'tini',
  'xz-utils',
  'zstd',
]);
// Python 3.14 and 3.15 live in a folder of their own, which takes root (chroot), and so do OpenRC and the virtual machine
// for what needs a kernel of its own (it shares this machine's files).
if (complete && process.getuid?.() === 0) {
  spawnSync(`${root}.build/forky.sh`, [], { stdio: ['ignore', 'ignore', 'inherit'] });
  spawnSync(`${root}.build/openrc.sh`, [], { stdio: ['ignore', 'ignore', 'inherit'] });
  spawnSync(`${root}.build/machine.sh`, [], { stdio: ['ignore', 'ignore', 'inherit'] });
}
run(process.execPath, ['.build/bundle.mjs']);
run('npx', ['vitest', 'run', '--config', `${root}test/vitest.config.ts`, ...process.argv.slice(2)]);
