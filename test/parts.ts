import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { hasMachine } from './machine/machine.ts';
import { CACHE } from './python-environment.ts';

/** Parts of the machine that some tests need, and how to see that they are there. */
const PARTS = {
  root: () => process.getuid?.() === 0,
  linux: () => process.platform === 'linux',
  'qemu-aarch64-static': () => runs('qemu-aarch64-static', ['--version']),
  gdb: () => runs('gdb', ['--version']),
  age: () => runs('age', ['--version']),
  'eu-stack': () => runs('eu-stack', ['--version']),
  'free-threaded Python 3.13': () => existsSync(join(CACHE, 'free-threaded/3.13/complete')),
  'free-threaded Python 3.14': () => existsSync(join(CACHE, 'free-threaded/3.14/complete')),
  'free-threaded Python 3.15': () => existsSync(join(CACHE, 'free-threaded/3.15/complete')),
  mod_wsgi: () => existsSync('/usr/lib/apache2/modules/mod_wsgi.so'),
  podman: () => runs('podman', ['--version']) && existsSync('/usr/sbin/runc'),
  'tini, dumb-init, gosu': () =>
    ['/usr/bin/tini', '/usr/bin/dumb-init', '/usr/sbin/gosu'].every((file) => existsSync(file)),
  supervisord: () => runs('supervisord', ['--version']),
  'redis-server': () => runs('redis-server', ['--version']),
  runit: () => existsSync('/usr/bin/runsv'),
  s6: () => existsSync('/usr/bin/s6-supervise'),
  openrc: () => existsSync(join(CACHE, 'openrc/complete')),
  daemontools: () => existsSync('/usr/bin/supervise'),
  systemd: () =>
    existsSync('/lib/systemd/systemd') && runs('unshare', ['--mount', '--pid', '--fork', 'true']),
  'virtual machine': hasMachine,
  'core_uses_pid 0': () => readText('/proc/sys/kernel/core_uses_pid').trim() === '0',
  'plain core pattern': () => !readText('/proc/sys/kernel/core_pattern').startsWith('|'),
} as const;

export type Part = keyof typeof PARTS;

const known = new Map<Part, boolean>();

export function hasPart(part: Part): boolean {
  let here = known.get(part);
  if (here === undefined) known.set(part, (here = PARTS[part]()));
  return here;
}

/** Skips the test, saying `needs X`, unless every part is here. */
export function needs(context: TestContext, ...parts: Part[]): void {
  for (const part of parts) {
    if (!hasPart(part)) context.skip(`needs ${part}`);
  }
}

function runs(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '|';
}
