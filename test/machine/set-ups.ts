import type { StepId } from '../../src/crashtest/verification.ts';

/** One host and process, made for real, and what `pycrash doctor` and `verify` have to say of it. */
export interface SetUp {
  name: string;
  /** What becomes of the core of an uncaught exception. `cut`: there, but not whole; `overwritten`: by the next one. */
  core: 'readable' | 'none' | 'cut' | 'overwritten';
  /** The `bad` checks that name the cause; none where the core is readable. */
  bad?: readonly string[];
  /** The `unknown` check that says that it cannot be seen from here. */
  unknown?: string;
  /** kernel.core_pattern; a plain file in a folder for everybody where it is not said. */
  pattern?: string;
  /** Other files below /proc/sys. */
  sysctl?: Readonly<Record<string, string>>;
  /** Shell, as root, in the working directory of the process. */
  before?: string;
  /** Below that directory. */
  cwd?: string;
  /** Shell, in front of the process: its limits. */
  limits?: string;
  /** The program that starts the process as its user; uid 1000 where it is not said. */
  as?: string;
  /** The interpreter. */
  python?: string;
  /** Python that the process runs first. */
  code?: string;
  environment?: Readonly<Record<string, string>>;
  /** Crash two processes, one after the other. */
  twice?: true;
  /** Folders to look for the core in. */
  look?: readonly string[];
  /** `as` starts a process that starts ours. */
  insideNamespace?: true;
  /** The causes that `pycrash verify` names, where they are not all of `bad`: without an abort there is no core to miss. */
  named?: readonly string[];
  /** The step that verify only calls unknown, unless `--require` has it. */
  required?: StepId;
  /** Why verify is not asked. */
  notVerified?: string;
}

/** The emulated machine takes half a minute for a run of verify. */
function likeThat(other: string): string {
  return `left out for time; the nearest that was asked is “${other}”`;
}

/** Does it take a kernel of its own? Others are the same with whatever plain pattern there is. */
export function takesMachine({ pattern = 'core', sysctl, before = '', as = '' }: SetUp): boolean {
  return (
    !['core', 'core.%p', '/var/crash/core.%P'].includes(pattern) ||
    sysctl !== undefined ||
    before.includes('/var/crash') ||
    as.startsWith('chroot')
  );
}

/** The generated module would otherwise leave its core there. */
const NO_OTHER_PLACE = 'mount -t tmpfs -o ro tmpfs /var/tmp';
const OWN_OTHER_PLACE = 'mount -t tmpfs -o mode=1777 tmpfs /var/tmp';
const ONLY_WORKERS =
  'it asks for a core of the arbiter as well, which a signal ends, and there is none: only the generated module leaves the folder';
const ROOT = 'env';
const AS_ROOT = { as: ROOT };
const RELATIVE = { pattern: 'core.%p' };
/** Under gunicorn its own options do the same. */
export const DROP = 'import os; os.setgid(1000); os.setuid(1000)';

export const GOOD: readonly SetUp[] = [
  { name: 'a folder for all cores', core: 'readable', pattern: '/var/crash/core.%p' },
  {
    name: 'two crashes, a name with the pid',
    notVerified: likeThat('a folder for all cores'),
    core: 'readable',
    twice: true,
  },
  {
    name: 'the working directory, a name with the pid',
    notVerified: likeThat('a folder for all cores'),
    core: 'readable',
    ...RELATIVE,
  },
  {
    name: 'the plain name and core_uses_pid',
    notVerified: likeThat('a folder for all cores'),
    core: 'readable',
    pattern: 'core',
    sysctl: { 'kernel/core_uses_pid': '1' },
    twice: true,
  },
  {
    name: 'no pattern, but core_uses_pid',
    notVerified: likeThat('a folder for all cores'),
    core: 'readable',
    pattern: '',
    sysctl: { 'kernel/core_uses_pid': '1' },
  },
  { name: 'a soft limit of 0 that the module lifts', core: 'readable', limits: 'ulimit -Sc 0' },
  { name: 'root', core: 'readable', ...AS_ROOT },
  {
    name: 'privileges dropped, and dumpable again',
    core: 'readable',
    ...AS_ROOT,
    code: DROP,
    environment: { PYCRASH_DUMPABLE: '1' },
  },
  {
    name: 'no new privileges',
    core: 'readable',
    as: 'setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set -all',
  },
  {
    name: 'every mapping in the core',
    core: 'readable',
    limits: 'ulimit -c unlimited; echo 0x7f > /proc/self/coredump_filter',
  },
  {
    name: 'SIGABRT ignored',
    core: 'readable',
    code: 'import signal; signal.signal(signal.SIGABRT, signal.SIG_IGN)',
  },
  {
    name: 'a handler for SIGABRT',
    core: 'readable',
    code: 'import signal; signal.signal(signal.SIGABRT, lambda *_: os._exit(1))',
  },
  { name: 'faulthandler', core: 'readable', code: 'import faulthandler; faulthandler.enable()' },
  {
    name: 'a token of the pattern that the kernel drops',
    notVerified: likeThat('a folder for all cores'),
    core: 'readable',
    pattern: '/var/crash/core.%Z.%p',
  },
  {
    name: 'a folder of its group',
    core: 'readable',
    ...RELATIVE,
    before: 'chown root:2000 .; chmod 0770 .',
    as: 'setpriv --reuid 1000 --regid 1000 --groups 2000',
  },
  {
    name: 'a working directory of root, and a /var/tmp',
    core: 'readable',
    ...RELATIVE,
    before: `chown 0:0 .; ${OWN_OTHER_PLACE}`,
    look: ['/var/tmp/pycrash-1000'],
    notVerified: ONLY_WORKERS,
  },
  {
    name: 'a working directory of root, and a state directory',
    core: 'readable',
    ...RELATIVE,
    before: 'install -d -o 1000 state; chown 0:0 .',
    environment: { STATE_DIRECTORY: '/srv/a-working-directory-of-root-and-a-state-directory/state' },
    look: ['state'],
    notVerified: ONLY_WORKERS,
  },
  {
    name: 'a chroot with a folder for cores',
    notVerified: likeThat('a folder for all cores'),
    core: 'readable',
    before:
      'mkdir root; mount --rbind / root; mount -t tmpfs tmpfs root/var/crash; chmod 1733 root/var/crash',
    as: 'chroot --userspec 1000:1000 root',
    look: ['root/var/crash'],
  },
  {
    name: 'PID 1 of a container',
    core: 'readable',
    pattern: '/var/crash/core.%P',
    as: 'unshare --pid --mount-proc --fork setpriv --reuid 1000 --regid 1000 --clear-groups',
    insideNamespace: true,
  },
  {
    name: 'a handler of one’s own',
    notVerified: likeThat('a folder for all cores'),
    core: 'readable',
    unknown: 'core-pattern',
    pattern: '|/usr/local/bin/keep %p',
    before: `printf '#!/bin/sh\\ncat > /var/crash/core.$1\\n' > /usr/local/bin/keep; chmod 755 /usr/local/bin/keep`,
  },
];

/** One name for every core is bad, but the first core is there, whatever had the name before. */
const ONE_NAME = {
  core: 'readable',
  bad: ['core-name-unique'],
  pattern: 'core',
  required: 'core-names',
} as const;

export const BROKEN: readonly SetUp[] = [
  { name: 'limits of 0', core: 'none', bad: ['core-limit'], limits: 'ulimit -c 0' },
  { name: 'limits of 0, as root', core: 'none', bad: ['core-limit'], limits: 'ulimit -c 0', ...AS_ROOT },
  { name: 'a limit of 1 MiB', core: 'cut', bad: ['core-limit'], limits: 'ulimit -c 1024' },
  {
    name: 'a limit below what the process has',
    core: 'cut',
    bad: ['core-limit'],
    limits: 'ulimit -c 20480',
    code: 'ballast = os.urandom(40 << 20)',
  },
  {
    name: 'a file size limit of 1 MiB',
    core: 'cut',
    bad: ['file-size-limit'],
    limits: 'ulimit -c unlimited; ulimit -f 2048',
  },
  {
    name: 'a file size limit of 0',
    core: 'none',
    bad: ['file-size-limit'],
    limits: 'ulimit -c unlimited; ulimit -f 0',
    notVerified: 'gunicorn does not start where it cannot write a line of its log to a file',
  },
  {
    name: 'a soft limit of 0 and no module',
    core: 'none',
    bad: ['core-limit', 'module-loaded'],
    named: ['module-loaded'],
    limits: 'ulimit -Sc 0',
    environment: { WITHOUT_MODULE: '1' },
  },
  { name: 'no module', core: 'none', bad: ['module-loaded'], environment: { WITHOUT_MODULE: '1' } },
  { name: 'the module switched off', core: 'none', bad: ['module-off'], environment: { PYCRASH: '0' } },
  {
    name: 'the module told to log only',
    core: 'none',
    bad: ['module-off'],
    environment: { PYCRASH_MODE: 'log' },
  },
  {
    name: 'no folder for the crash budget',
    core: 'none',
    bad: ['budget-folder'],
    environment: { PYCRASH_BUDGET_DIRECTORY: '/nowhere/budget' },
  },
  {
    name: 'a crash budget of somebody else',
    core: 'none',
    bad: ['budget-folder'],
    before: 'mkdir /run/others; chmod 700 /run/others',
    environment: { PYCRASH_BUDGET_DIRECTORY: '/run/others' },
  },
  { name: 'privileges dropped by the process', core: 'none', bad: ['dumpable'], ...AS_ROOT, code: DROP },
  {
    name: 'only the group dropped by the process',
    core: 'none',
    bad: ['dumpable'],
    as: 'setpriv --reuid 1000 --clear-groups --inh-caps +setgid --ambient-caps +setgid',
    code: 'import os; os.setgid(1000)',
  },
  {
    name: 'a Python with capabilities',
    core: 'none',
    bad: ['dumpable'],
    before: `cp "$(readlink -f "$(command -v python3.11)")" python; setcap cap_net_bind_service=ep python`,
    python: './python',
  },
  {
    name: 'a Python that its user cannot read',
    core: 'none',
    bad: ['dumpable'],
    before: `cp "$(readlink -f "$(command -v python3.11)")" python; chmod 0711 python`,
    python: './python',
  },
  {
    name: 'made undumpable by the program',
    core: 'none',
    bad: ['dumpable'],
    code: 'import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)',
  },
  {
    name: 'a working directory of root',
    core: 'none',
    bad: ['core-folder'],
    ...RELATIVE,
    before: `chown 0:0 .; ${NO_OTHER_PLACE}`,
  },
  {
    name: 'the working directory /',
    core: 'none',
    bad: ['core-folder'],
    ...RELATIVE,
    before: NO_OTHER_PLACE,
    cwd: '/',
  },
  {
    name: 'a working directory that was removed',
    core: 'none',
    bad: ['core-folder'],
    ...RELATIVE,
    before: `mkdir gone; ${NO_OTHER_PLACE}`,
    cwd: 'gone',
    // the second worker finds it gone
    code: 'import os, contextlib\nwith contextlib.suppress(OSError): os.rmdir(os.getcwd())',
    as: ROOT,
  },
  {
    name: 'a working directory mounted read-only',
    core: 'none',
    bad: ['core-folder'],
    ...RELATIVE,
    before: `mkdir data; chmod 777 data; mount --bind data data; mount -o remount,bind,ro data; ${NO_OTHER_PLACE}`,
    cwd: 'data',
  },
  {
    name: 'a working directory that only its owner may write',
    core: 'none',
    bad: ['core-folder'],
    ...RELATIVE,
    before: `chown 1001:1001 .; chmod 755 .; ${NO_OTHER_PLACE}`,
  },
  {
    name: 'a full disk',
    core: 'cut',
    bad: ['disk-space'],
    ...RELATIVE,
    before: 'mkdir full; mount -t tmpfs -o size=1m,mode=777 tmpfs full',
    cwd: 'full',
  },
  {
    name: 'a disk smaller than the core',
    core: 'cut',
    bad: ['disk-space'],
    ...RELATIVE,
    before: 'mkdir small; mount -t tmpfs -o size=16m,mode=777 tmpfs small',
    cwd: 'small',
    code: 'ballast = os.urandom(40 << 20)',
  },
  {
    name: 'no inode left',
    core: 'none',
    bad: ['disk-space'],
    ...RELATIVE,
    before: 'mkdir few; mount -t tmpfs -o nr_inodes=2,mode=777 tmpfs few; touch few/last',
    cwd: 'few',
  },
  {
    name: 'a folder named core',
    core: 'none',
    bad: ['core-name-taken', 'core-name-unique'],
    pattern: 'core',
    before: `mkdir core; ${NO_OTHER_PLACE}`,
  },
  {
    name: 'somebody else’s core in a folder for all',
    notVerified: likeThat('a folder named core'),
    core: 'none',
    bad: ['core-name-taken', 'core-name-unique'],
    pattern: '/var/crash/core.%u',
    before: 'install -m 600 /dev/null /var/crash/core.1000',
  },
  { name: 'a link named core', ...ONE_NAME, before: 'ln -s elsewhere core' },
  { name: 'a file core of somebody else', ...ONE_NAME, before: 'install -m 600 /dev/null core' },
  {
    name: 'a file core with a second name',
    ...ONE_NAME,
    before: 'install -m 600 -o 1000 -g 1000 /dev/null core; ln core second',
  },
  {
    name: 'two crashes, one name',
    core: 'overwritten',
    bad: ['core-name-unique'],
    pattern: 'core',
    required: 'core-names',
    twice: true,
  },
  {
    name: 'two crashes, one name in a folder for all',
    notVerified: likeThat('two crashes, one name'),
    core: 'overwritten',
    bad: ['core-name-unique'],
    pattern: '/var/crash/core.%e',
    required: 'core-names',
    twice: true,
  },
  { name: 'an empty pattern', core: 'none', bad: ['core-pattern'], pattern: '' },
  {
    name: 'a folder that is not there',
    core: 'none',
    bad: ['core-pattern', 'core-folder'],
    pattern: '/nowhere/core.%p',
  },
  {
    name: 'a folder for cores that the user cannot write',
    notVerified: likeThat('a working directory of root'),
    core: 'none',
    bad: ['core-folder'],
    before: 'chmod 755 /var/crash',
  },
  {
    name: 'a chroot without the folder for cores',
    notVerified: likeThat('a folder that is not there'),
    core: 'none',
    bad: ['core-folder'],
    before: 'mkdir root; mount --rbind / root; mount -t tmpfs tmpfs root/var',
    as: 'chroot --userspec 1000:1000 root',
    look: ['root/var/crash', '/var/crash'],
  },
  {
    name: 'a handler that is not there',
    core: 'none',
    bad: ['core-pattern'],
    pattern: '|/opt/gone/handler %p',
  },
  {
    name: 'a handler that cannot be executed',
    notVerified: likeThat('a handler that is not there'),
    core: 'none',
    bad: ['core-pattern'],
    pattern: '|/usr/local/bin/plain %p',
    before: `printf '#!/bin/sh\\ncat > /var/crash/core.$1\\n' > /usr/local/bin/plain; chmod 644 /usr/local/bin/plain`,
  },
  {
    name: 'a handler without its interpreter line',
    notVerified: likeThat('a handler that is not there'),
    core: 'none',
    bad: ['core-pattern'],
    pattern: '|/usr/local/bin/bare %p',
    before: `printf 'cat > /var/crash/core.$1\\n' > /usr/local/bin/bare; chmod 755 /usr/local/bin/bare`,
  },
  {
    name: 'a handler on a mount without exec',
    notVerified: likeThat('a handler that is not there'),
    core: 'none',
    bad: ['core-pattern'],
    pattern: '|/mnt/handler %p',
    before: `mount -t tmpfs -o noexec tmpfs /mnt; printf '#!/bin/sh\\ncat > /var/crash/core.$1\\n' > /mnt/handler; chmod 755 /mnt/handler`,
  },
  {
    name: 'a handler that keeps nothing',
    notVerified: likeThat('apport'),
    core: 'none',
    bad: ['core-pattern'],
    pattern: '|/bin/true',
  },
  {
    name: 'apport',
    core: 'none',
    bad: ['core-pattern'],
    pattern: '|/usr/share/apport/apport -p%p',
    before: 'mkdir -p /usr/share/apport; cp /bin/true /usr/share/apport/apport',
  },
  {
    name: 'a limit of 1 and a handler',
    notVerified: likeThat('limits of 0'),
    core: 'none',
    bad: ['core-limit'],
    pattern: '|/usr/local/bin/keep %p',
    limits: 'prlimit --pid $$ --core=1:1',
    before: `printf '#!/bin/sh\\ncat > /var/crash/core.$1\\n' > /usr/local/bin/keep; chmod 755 /usr/local/bin/keep`,
  },
  {
    name: 'suid_dumpable 2 and a relative pattern',
    notVerified: likeThat('privileges dropped by the process'),
    core: 'none',
    bad: ['suid-dumpable', 'dumpable'],
    ...RELATIVE,
    sysctl: { 'fs/suid_dumpable': '2' },
    ...AS_ROOT,
    code: DROP,
  },
  {
    name: 'nothing of memory in the core',
    core: 'cut',
    bad: ['coredump-filter'],
    limits: 'ulimit -c unlimited; echo 0 > /proc/self/coredump_filter',
  },
  {
    name: 'private memory left out of the core',
    core: 'cut',
    bad: ['coredump-filter'],
    limits: 'ulimit -c unlimited; echo 0x32 > /proc/self/coredump_filter',
  },
  {
    name: 'limits of 0 and a directory of root',
    core: 'none',
    bad: ['core-limit', 'core-folder'],
    ...RELATIVE,
    limits: 'ulimit -c 0',
    before: `chown 0:0 .; ${NO_OTHER_PLACE}`,
  },
  {
    name: 'privileges dropped and a folder named core',
    core: 'none',
    bad: ['dumpable', 'core-name-taken', 'core-name-unique'],
    pattern: 'core',
    ...AS_ROOT,
    before: `mkdir core; ${NO_OTHER_PLACE}`,
    code: DROP,
  },
  {
    name: 'a handler that is not there, and no module',
    notVerified: likeThat('a soft limit of 0 and no module'),
    core: 'none',
    bad: ['core-pattern', 'module-loaded'],
    named: ['module-loaded'],
    pattern: '|/opt/gone/handler %p',
    environment: { WITHOUT_MODULE: '1' },
  },
];
