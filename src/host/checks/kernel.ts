import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { APPORT_CORES, apportCores } from '../apport.ts';
import { namesEachCore, parseCorePattern, type CorePattern } from '../core-pattern.ts';
import { hostCheck, type HostCheck } from '../host-check.ts';
import type { Surroundings } from '../surroundings.ts';
import { typedCommand } from '../../typed-command.ts';

const SYSCTL = '/proc/sys/';

/** A value below /proc/sys, without the line end; undefined where this kernel has none. */
export function sysctl(name: string, root = ''): string | undefined {
  const file = `${root}${SYSCTL}${name.replaceAll('.', '/')}`;
  return existsSync(file) ? readFileSync(file, 'utf8').replace(/\n$/, '') : undefined;
}

/** Checks of what the kernel does with a core on this host: pattern, handler, the sysctls around it. */
export function kernelChecks(around: Surroundings, root = ''): HostCheck[] {
  const text = sysctl('kernel.core_pattern', root);
  if (text === undefined) {
    return [
      hostCheck(
        'host',
        'core-pattern',
        'unknown',
        'there is no kernel.core_pattern here',
        'Only Linux has one.',
      ),
    ];
  }
  const pattern = parseCorePattern(text);
  return [...patternChecks(text, pattern, around, root), ...suidDumpable(pattern, root)];
}

function patternChecks(text: string, pattern: CorePattern, around: Surroundings, root: string): HostCheck[] {
  const shown = `kernel.core_pattern is ${JSON.stringify(text)}`;
  switch (pattern.kind) {
    case 'none':
      return sysctl('kernel.core_uses_pid', root) === '1'
        ? [hostCheck('host', 'core-pattern', 'good', `${shown}: cores are named ".PID"`)]
        : [
            hostCheck(
              'host',
              'core-pattern',
              'bad',
              shown,
              'With an empty pattern and core_uses_pid 0 no core is written (core(5)).',
              PLAIN,
            ),
          ];
    case 'socket':
      return [
        hostCheck(
          'host',
          'core-pattern',
          'unknown',
          shown,
          `Cores go to the socket ${pattern.path}: whoever listens there has them.`,
          `ss -xl | grep ${pattern.path}`,
        ),
      ];
    case 'pipe':
      return pipeChecks(shown, pattern, around, root);
    case 'file':
      return fileChecks(shown, pattern, root);
  }
}

function fileChecks(
  shown: string,
  pattern: Extract<CorePattern, { kind: 'file' }>,
  root: string,
): HostCheck[] {
  const checks: HostCheck[] = [];
  if (pattern.unknownTokens.length > 0) {
    const tokens = pattern.unknownTokens.map((token) => `%${token}`).join(' ');
    checks.push(
      hostCheck(
        'host',
        'core-pattern-token',
        'good',
        `${tokens} means nothing in kernel.core_pattern: the kernel drops it (core(5))`,
      ),
    );
  }
  const unique = namesEachCore(pattern, sysctl('kernel.core_uses_pid', root) === '1');
  if (!unique) {
    checks.push(
      hostCheck(
        'host',
        'core-name-unique',
        'bad',
        `${shown}: every core of a folder has the same name`,
        'The second crash overwrites the first core; a folder or package of that name takes the name for good.',
        'sysctl -w kernel.core_uses_pid=1',
      ),
    );
  }
  if (pattern.absolute) {
    const folder = pattern.template.slice(0, pattern.template.lastIndexOf('/')) || '/';
    const here = existsSync(root + folder);
    checks.push(
      here
        ? hostCheck(
            'host',
            'core-pattern',
            'good',
            `${shown}: cores go to ${folder}`,
            'The path is looked up in the mount namespace of the process that crashes.',
          )
        : hostCheck(
            'host',
            'core-pattern',
            'bad',
            `${shown}, but there is no folder ${folder} here`,
            'The kernel makes no folders: no core is written.',
            `install -d -m 1733 ${folder}`,
          ),
    );
  } else {
    checks.push(
      hostCheck(
        'host',
        'core-pattern',
        'good',
        `${shown}: the core goes to the working directory of the process`,
      ),
    );
  }
  return checks;
}

function pipeChecks(
  shown: string,
  pattern: Extract<CorePattern, { kind: 'pipe' }>,
  around: Surroundings,
  root: string,
): HostCheck[] {
  const { program, handler } = pattern;
  if (handler === 'none') {
    return [
      hostCheck(
        'host',
        'core-pattern',
        'bad',
        `${shown}: every core is thrown away`,
        `${program} reads nothing. systemd sets |/bin/false at boot, until systemd-coredump takes over; where it stays, no handler of cores is installed, or cores were switched off on purpose (grep -r core_pattern /etc/sysctl.d /usr/lib/sysctl.d).`,
        `${PLAIN}  # or apt-get install systemd-coredump; in a container: on its host`,
      ),
    ];
  }
  // The kernel starts the handler in the initial namespaces (core(5)): from inside a container it cannot be seen.
  if (around.container !== undefined || around.orchestrator !== undefined || around.wsl) {
    return [
      hostCheck(
        'host',
        'core-pattern',
        'unknown',
        `${shown}: cores are piped to ${program} on the machine that this ${around.container ?? (around.wsl ? 'WSL' : 'container')} runs on`,
        'The handler runs outside of this namespace, so whether it is there, and what it keeps, cannot be seen from here.',
        `cat /proc/sys/kernel/core_pattern  # on the machine, then: ${typedCommand('doctor')}  # there`,
      ),
    ];
  }
  const obstacle = notExecutable(root + program);
  if (obstacle !== undefined) {
    return [
      hostCheck(
        'host',
        'core-pattern',
        'bad',
        `${shown}, but ${program} ${obstacle}`,
        'The kernel throws the core away when its handler does not start.',
        PLAIN,
      ),
    ];
  }
  switch (handler) {
    case 'systemd-coredump':
      return [
        hostCheck(
          'host',
          'core-pattern',
          'good',
          `cores go to systemd-coredump (${program})`,
          'coredumpctl list shows them.',
        ),
      ];
    case 'apport':
      return [
        hostCheck(
          'host',
          'core-pattern',
          'bad',
          `cores are piped to apport (${program}); ${keptByApport(root)}`,
          'apport writes a core there only where the soft limit of the process is not 0 (LimitCORE=), throws away one that is longer than the limit, ' +
            'keeps 5 for each user and 3 days, and reports to /var/crash on programs of a package only. /var/log/apport.log says what it left out.',
          'apt-get install systemd-coredump  # it takes over kernel.core_pattern',
        ),
      ];
    case 'abrt':
      return [
        hostCheck(
          'host',
          'core-pattern',
          'unknown',
          `cores are piped to ABRT (${program})`,
          'ABRT drops what is not of a package unless ProcessUnpackaged = yes.',
          'grep -r ProcessUnpackaged /etc/abrt/',
        ),
      ];
    default:
      return [
        hostCheck(
          'host',
          'core-pattern',
          'unknown',
          `cores are piped to ${program}`,
          'What that program keeps, and where, only its own documentation says.',
          `${typedCommand('verify')}  # crashes the application and looks`,
        ),
      ];
  }
}

function keptByApport(root: string): string {
  const cores = apportCores(root);
  if (cores === undefined) return `there is no ${APPORT_CORES}, where it would write them`;
  const [newest] = cores;
  const last = newest === undefined ? '' : `, the last one ${new Date(newest.modified).toISOString()}`;
  return `${cores.length} in ${APPORT_CORES}${last}`;
}

function suidDumpable(pattern: CorePattern, root: string): HostCheck[] {
  const value = sysctl('fs.suid_dumpable', root);
  if (value !== '2') return [];
  const safe =
    pattern.kind === 'pipe' || pattern.kind === 'socket' || (pattern.kind === 'file' && pattern.absolute);
  return safe
    ? []
    : [
        hostCheck(
          'host',
          'suid-dumpable',
          'bad',
          'fs.suid_dumpable is 2 and kernel.core_pattern is not an absolute path',
          'The kernel then writes no core of a process that has changed its user (proc_sys_fs(5)).',
          'sysctl -w fs.suid_dumpable=0  # and start the service as its user',
        ),
      ];
}

const PLAIN = "sysctl -w kernel.core_pattern='/var/crash/core.%e.%p.%t'";

/** Why the kernel cannot start that file; undefined where it can. There is no shell that would make up for `#!`. */
function notExecutable(file: string): string | undefined {
  if (!existsSync(file)) return 'is not there';
  try {
    accessSync(file, constants.X_OK);
    if (!statSync(file).isFile()) return 'is no file';
    const start = firstBytes(file);
    return start.startsWith('#!') || start === '\u007FELF'
      ? undefined
      : 'is neither a program nor a script with #!';
  } catch {
    return 'cannot be executed';
  }
}

function firstBytes(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(4);
    return bytes.toString('latin1', 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}
