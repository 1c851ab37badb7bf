import type { CoreLimit, Located } from './project.ts';

/** What stood before the program that a command line really starts. */
export interface Stripped {
  words: readonly Located<string>[];
  /** e.g. `['tini', 'poetry run']`. */
  launchers: readonly string[];
  /** One of them stays as the parent and turns a death by signal into an exit code (128 + signal). */
  stays: boolean;
  /** What makes a success of the exit code of an abort, e.g. `tini -e 134`. */
  statusOf?: string;
  /** The one that stays and keeps a stop signal to itself. */
  keepsSignals?: string;
  /** The one that ends with an error for whoever is not root. */
  needsRoot?: Located<string>;
  /** Text that a launcher hands to a shell (`su -c TEXT`, `litestream replicate -exec TEXT`). */
  script?: Located<string>;
  user?: Located<string>;
  environment: ReadonlyMap<string, Located<string>>;
  workingDirectory?: Located<string>;
  coreLimit?: CoreLimit;
}

interface Launcher {
  /** Words after the program's name that belong to it; `run` for `poetry run`. */
  words?: readonly string[];
  /** Options that take the next word as their value. */
  values?: readonly string[];
  /** Number of words that follow the options before the command. */
  operands?: number;
  /** Is it the parent of the command while that runs? Else it is replaced by exec. */
  stays?: boolean;
  /** Does it keep a stop signal to itself, while it stays? */
  keepsSignals?: boolean;
  /** The command comes only after `--`. */
  separator?: boolean;
  /** Which operand or option names the user. */
  userOperand?: number;
  userOptions?: readonly string[];
  folderOptions?: readonly string[];
  /** The option whose value is shell text. */
  scriptOption?: string;
  /** A limit of 0 or more on the size of a core: option, and which of its values mean no limit. */
  coreOption?: string;
  /** The same as one letter, the value right behind it or behind a `=` (prlimit(1)). */
  coreLetter?: string;
  /** The option for an exit code that it hands on as 0. */
  successOption?: string;
  /** Does it refuse whoever is not root? */
  needsRoot?: boolean | 'for a user';
  /** The option for the size of any file, which a core is too (core(5)). */
  fileOption?: string;
  /** Options that limit the address space, in bytes. */
  memoryOptions?: readonly string[];
}

/** The exit code of a parent whose child ended by SIGABRT: 128 + 6. */
const ABORTED = '134';

/** Bytes of address space. Measured with `prlimit --as`: CPython 3.8 starts with 10 million, 3.11 and 3.13 with 14. */
export const LEAST_MEMORY = 8_000_000;

/**
 * Sources: the manual page or `--help` of each. Who stays as a parent: tini and dumb-init wait and exit with
 * 128 + signal (tini.c, dumb-init.c); gosu, su-exec, setpriv, chpst, envdir, softlimit and s6's programs exec;
 * su, sudo and runuser fork and wait; timeout does so too, and then ends by the same signal (timeout.c). Run with a
 * program that aborts (test/project/launchers-run.test.ts): who waits ends with 134, pdm and tox with 250 (-6). nox, and tox
 * without `exec`, run what noxfile.py and tox.ini say: no command line. Not run: rye waits.
 */
const LAUNCHERS: Readonly<Record<string, Launcher | readonly Launcher[]>> = {
  env: { values: ['-u', '--unset', '-C', '--chdir'], folderOptions: ['-C', '--chdir'] },
  exec: { values: ['-a'] },
  command: {},
  builtin: {},
  nohup: {},
  setsid: {},
  // supervise's own: waits until nobody holds its pipe any more (fghack(8))
  fghack: { stays: true, keepsSignals: true },
  pgrphack: {},
  nice: { values: ['-n', '--adjustment'] },
  ionice: { values: ['-c', '--class', '-n', '--classdata'] },
  chrt: { values: ['-T', '-P', '-D'], operands: 1 },
  taskset: { operands: 1 },
  numactl: {},
  stdbuf: { values: ['-i', '-o', '-e'] },
  timeout: { values: ['-k', '-s', '--kill-after', '--signal'], operands: 1 },
  time: { stays: true },
  sudo: { values: ['-u', '-g', '-h', '-p', '-C', '-D'], userOptions: ['-u', '--user'], stays: true },
  doas: { values: ['-u', '-C'], userOptions: ['-u'], stays: true },
  su: {
    values: ['-s', '--shell', '-g', '-G'],
    scriptOption: '-c',
    operands: 1,
    userOperand: 0,
    stays: true,
    needsRoot: true,
  },
  runuser: {
    values: ['-u', '-s', '-g', '-G'],
    userOptions: ['-u', '--user'],
    scriptOption: '-c',
    stays: true,
    needsRoot: true,
  },
  chroot: { operands: 1, userOptions: ['--userspec'], needsRoot: true },
  gosu: { operands: 1, userOperand: 0, needsRoot: true },
  'su-exec': { operands: 1, userOperand: 0, needsRoot: true },
  setpriv: { userOptions: ['--reuid'], needsRoot: 'for a user' },
  setuidgid: { operands: 1, userOperand: 0, needsRoot: true },
  's6-setuidgid': { operands: 1, userOperand: 0, needsRoot: true },
  's6-applyuidgid': { values: ['-u', '-g', '-G'] },
  envuidgid: { operands: 1 },
  's6-envuidgid': { operands: 1 },
  envdir: { operands: 1 },
  's6-envdir': { values: ['-n'], operands: 1 },
  'with-contenv': {},
  's6-notifyoncheck': { values: ['-s', '-T', '-t', '-w', '-n', '-c'] },
  's6-setsid': {},
  's6-cd': { operands: 1 },
  cd: { operands: 1 },
  fdmove: { operands: 2 },
  redirfd: { values: [], operands: 3 },
  umask: { operands: 1 },
  chpst: {
    values: ['-u', '-U', '-e', '-/', '-n', '-l', '-L', '-m', '-d', '-o', '-p', '-f', '-c', '-r', '-t'],
    userOptions: ['-u'],
    coreOption: '-c',
    fileOption: '-f',
    memoryOptions: ['-m', '-a'],
  },
  softlimit: {
    values: ['-m', '-d', '-s', '-l', '-a', '-o', '-p', '-f', '-c', '-r', '-t'],
    coreOption: '-c',
    fileOption: '-f',
    memoryOptions: ['-m', '-a'],
  },
  's6-softlimit': {
    values: ['-a', '-c', '-d', '-f', '-l', '-m', '-o', '-p', '-r', '-s', '-t'],
    coreOption: '-c',
    fileOption: '-f',
    memoryOptions: ['-m', '-a'],
  },
  prlimit: { separator: false, coreOption: '--core', coreLetter: '-c', memoryOptions: ['--as', '-v'] },
  choom: { values: ['-n', '--adjust'] },
  'systemd-cat': { values: ['-t', '-p'] },
  flock: { values: ['-w', '--timeout', '-E'], operands: 1, scriptOption: '-c', stays: true },
  tini: { values: ['-p', '-e'], successOption: '-e', stays: true },
  'tini-static': { values: ['-p', '-e'], successOption: '-e', stays: true },
  'docker-init': { values: ['-p', '-e'], successOption: '-e', stays: true },
  catatonit: { stays: true },
  'dumb-init': { values: ['-r', '--rewrite'], stays: true },
  init: {},
  'newrelic-admin': { words: ['run-program'] },
  'ddtrace-run': {},
  'opentelemetry-instrument': {
    values: [
      '--traces_exporter',
      '--metrics_exporter',
      '--logs_exporter',
      '--service_name',
      '--exporter_otlp_endpoint',
    ],
  },
  'splunk-py-trace': {},
  'elasticapm-run': {},
  'scout-apm-launch': {},
  authbind: {},
  pipenv: { words: ['run'] },
  poetry: { words: ['run'] },
  pdm: { words: ['run'], values: ['-p', '--project', '-s', '--site-packages'], stays: true },
  hatch: { words: ['run'], stays: true },
  rye: { words: ['run'], stays: true },
  tox: { words: ['exec'], separator: true, stays: true },
  uv: {
    words: ['run'],
    values: [
      '--group',
      '--only-group',
      '--no-group',
      '--extra',
      '--with',
      '--env-file',
      '--python',
      '-p',
      '--project',
      '--directory',
      '--package',
      '--index-url',
      '--link-mode',
      '--cache-dir',
    ],
    folderOptions: ['--directory'],
    stays: true,
  },
  pipx: { words: ['run'] },
  conda: { words: ['run'], values: ['-n', '-p', '--name', '--prefix', '--cwd'], stays: true },
  mamba: { words: ['run'], values: ['-n', '-p', '--name', '--prefix'], stays: true },
  micromamba: { words: ['run'], values: ['-n', '-p', '--name', '--prefix'], stays: true },
  direnv: { words: ['exec'], operands: 1 },
  dotenv: { words: ['run'], values: ['-f', '--file'] },
  bundle: { words: ['exec'] },
  honcho: { words: ['run'], values: ['-e', '-f'], stays: true },
  foreman: { words: ['run'], values: ['-e', '-f'], stays: true },
  chamber: { words: ['exec'], separator: true },
  'aws-vault': { words: ['exec'], separator: true },
  doppler: { words: ['run'], separator: true, stays: true },
  infisical: { words: ['run'], separator: true, stays: true },
  op: { words: ['run'], separator: true, stays: true },
  coverage: { words: ['run'], values: ['--rcfile', '--source', '--omit', '--include', '--data-file'] },
  'wait-for-it': { operands: 1, values: ['-h', '-p', '-t'], separator: true },
  'wait-for-it.sh': { operands: 1, values: ['-h', '-p', '-t'], separator: true },
  'wait-for': { operands: 1, values: ['-t'], separator: true },
  'wait-for.sh': { operands: 1, values: ['-t'], separator: true },
  dockerize: {
    values: ['-wait', '-timeout', '-wait-retry-interval', '-template', '-stdout', '-stderr'],
    stays: true,
  },
  litestream: { words: ['replicate'], values: ['-config'], scriptOption: '-exec', stays: true },
  strace: { values: ['-o', '-e', '-p', '-s'], stays: true },
  'start-nginx': { stays: true },
  'start-pgbouncer': { stays: true },
  'start-pgbouncer-stunnel': { stays: true },
  'start-stunnel': { stays: true },
};

/** Python modules that start another program: `python -m poetry run …`. */
const MODULE_LAUNCHERS = new Set([
  'poetry',
  'pipenv',
  'pdm',
  'hatch',
  'tox',
  'uv',
  'coverage',
  'ddtrace.commands.ddtrace_run',
]);

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/** More in a row than anybody writes. */
const MOST = 20;

/** Takes launchers off the front of a command line. Never throws; a word that is no launcher ends it. */
export function stripLaunchers(all: readonly Located<string>[]): Stripped {
  let words = all;
  const launchers: string[] = [];
  const environment = new Map<string, Located<string>>();
  let stays = false;
  const found: Pick<
    Stripped,
    'script' | 'user' | 'workingDirectory' | 'coreLimit' | 'keepsSignals' | 'statusOf' | 'needsRoot'
  > = {};
  for (let count = 0; count < MOST; count++) {
    words = takeAssignments(words, environment);
    const name = programName(words[0]?.value ?? '');
    const module =
      /^python[\d.]*$/.test(name) && words[1]?.value === '-m' ? (words[2]?.value ?? '') : undefined;
    const skipped = module !== undefined && MODULE_LAUNCHERS.has(module) ? 2 : 0;
    const launcher = launcherFor(
      skipped > 0 ? ((module ?? '').split('.')[0] ?? '') : name,
      words.slice(skipped),
    );
    if (launcher === undefined) break;
    const taken = takeLauncher(launcher.launcher, words.slice(skipped), environment);
    if (taken.words.length === 0 && taken.script === undefined) break;
    launchers.push(launcher.label);
    stays ||= launcher.launcher.stays === true;
    const [program] = words;
    const { needsRoot } = launcher.launcher;
    const needs = needsRoot === true || (needsRoot === 'for a user' && taken.user !== undefined);
    if (needs && program !== undefined) found.needsRoot ??= program;
    if (launcher.launcher.keepsSignals === true) found.keepsSignals = launcher.label;
    if (taken.script !== undefined) found.script = taken.script;
    if (taken.user !== undefined) found.user = taken.user;
    if (taken.workingDirectory !== undefined) found.workingDirectory = taken.workingDirectory;
    if (taken.coreLimit !== undefined) found.coreLimit = taken.coreLimit;
    if (taken.statusOf !== undefined) found.statusOf = taken.statusOf;
    words = taken.words;
    if (taken.script !== undefined) break;
  }
  return { words, launchers, stays, environment, ...found };
}

/** The name of a program without its folder. */
export function programName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function takeAssignments(
  words: readonly Located<string>[],
  environment: Map<string, Located<string>>,
): readonly Located<string>[] {
  let index = 0;
  for (; index < words.length; index++) {
    const word = words[index];
    const name = ASSIGNMENT.exec(word?.value ?? '')?.[1];
    if (word === undefined || name === undefined) break;
    environment.set(name, { value: word.value.slice(name.length + 1), at: word.at });
  }
  return words.slice(index);
}

function launcherFor(
  name: string,
  words: readonly Located<string>[],
): { launcher: Launcher; label: string } | undefined {
  const known = Object.hasOwn(LAUNCHERS, name) ? LAUNCHERS[name] : undefined;
  if (known === undefined) return undefined;
  for (const launcher of Array.isArray(known) ? known : [known]) {
    const wanted: readonly string[] = launcher.words ?? [];
    if (wanted.length === 0) {
      // `/sbin/init` alone is no launcher; s6-overlay's `/init COMMAND` is
      if (name === 'init' && words.length < 2) continue;
      return { launcher, label: name };
    }
    if (words.slice(1, 12).some((word) => word.value === wanted[0])) {
      return { launcher, label: `${name} ${wanted.join(' ')}` };
    }
  }
  return undefined;
}

function takeLauncher(
  launcher: Launcher,
  all: readonly Located<string>[],
  environment: Map<string, Located<string>>,
): Pick<Stripped, 'script' | 'user' | 'workingDirectory' | 'coreLimit' | 'statusOf'> & {
  words: readonly Located<string>[];
} {
  let words: readonly Located<string>[] = all.slice(1);
  const result: {
    user?: Located<string>;
    workingDirectory?: Located<string>;
    coreLimit?: CoreLimit;
    statusOf?: string;
  } = {};
  let script: Located<string> | undefined;
  let operands = launcher.operands ?? 0;
  let operand = 0;
  const subcommand = [...(launcher.words ?? [])];
  const note = (name: string, value: Located<string>) => {
    if (launcher.userOptions?.includes(name) === true) result.user = value;
    if (launcher.folderOptions?.includes(name) === true) result.workingDirectory = value;
    if (launcher.scriptOption === name) script = value;
    if (launcher.successOption === name && value.value === ABORTED) {
      result.statusOf = `${programName(all[0]?.value ?? '')} ${name} ${value.value}`;
    }
    if (launcher.fileOption === name && value.value === '0') {
      result.coreLimit = { soft: 0, at: value.at, detail: `${name} 0 is for every file, the core too` };
    }
    const bytes = /^\d+$/.test(value.value) ? Number(value.value) : Infinity;
    if (launcher.memoryOptions?.includes(name) === true && bytes < LEAST_MEMORY) {
      result.coreLimit = {
        soft: 'unknown',
        at: value.at,
        detail: `no Python starts with ${value.value} bytes of address space`,
        refused: true,
        instead: `take ${name} out, or write 200000000 or more`,
      };
    }
    if (launcher.coreOption === name && result.coreLimit?.refused !== true)
      result.coreLimit = coreLimitOf(value, all[0]?.value ?? '');
  };
  if (launcher.separator === true) {
    const separator = words.findIndex((word) => word.value === '--');
    if (separator !== -1) return { words: words.slice(separator + 1) };
  }
  while (words.length > 0) {
    const [word, next] = words;
    if (word === undefined) break;
    const { value } = word;
    if (value === '--') {
      words = words.slice(1);
      break;
    }
    if (subcommand[0] === value) {
      subcommand.shift();
      words = words.slice(1);
      continue;
    }
    const equals = value.indexOf('=');
    if (value.startsWith('-') && value.length > 1) {
      const takes = launcher.values?.includes(value) === true || launcher.scriptOption === value;
      const short = value.slice(0, 2);
      if (launcher.coreLetter === short && value.length > 2) {
        note(launcher.coreOption ?? '', { value: value.slice(2).replace(/^=/, ''), at: word.at });
      }
      if (value.startsWith('--') && equals !== -1) {
        note(value.slice(0, equals), { value: value.slice(equals + 1), at: word.at });
      } else if (takes) {
        if (next !== undefined) note(value, next);
        words = words.slice(2);
        continue;
      } else if (launcher.values?.includes(short) === true && value.length > 2) {
        note(short, { value: value.slice(2), at: word.at });
      } else if (launcher.userOptions?.includes(value) === true || launcher.coreOption === value) {
        if (next !== undefined) note(value, next);
        words = words.slice(2);
        continue;
      }
      words = words.slice(1);
      continue;
    }
    if (subcommand.length > 0) {
      // an option of the program before its subcommand, with a value that we do not know
      words = words.slice(1);
      continue;
    }
    const rest = takeAssignments(words, environment);
    if (rest.length < words.length) {
      words = rest;
      continue;
    }
    if (operands === 0) break;
    if (launcher.userOperand === operand) result.user = word;
    operands--;
    operand++;
    words = words.slice(1);
  }
  // `su app -c TEXT`: the option may come after the operand
  if (launcher.scriptOption !== undefined && script === undefined) {
    const index = words.findIndex((word) => word.value === launcher.scriptOption);
    script = index === -1 ? undefined : words[index + 1];
  }
  return { words: script === undefined ? words : [], ...result, ...(script === undefined ? {} : { script }) };
}

/**
 * chpst(8), softlimit(8), s6-softlimit: a number of bytes; `=` (softlimit and s6 only) raises the limit to the hard
 * one. Anything else (`unlimited`) is a usage error that these programs end with, measured with runit 2.1.2 and s6 2.11.
 */
function coreLimitOf({ value, at }: Located<string>, program: string): CoreLimit {
  const name = programName(program);
  if (name === 'prlimit') {
    const soft = value.split(':')[0] ?? '';
    if (soft === 'unlimited' || soft === '')
      return { soft: 'unlimited', at, detail: `prlimit --core=${value}` };
  }
  if (value === '=' && name !== 'chpst')
    return { soft: 'unknown', at, detail: `${name} -c = raises it to the hard limit` };
  const number = /^\d+$/.test(value) ? Number(value) : undefined;
  return number === undefined
    ? {
        soft: 'unknown',
        at,
        detail: `${name} does not take the limit ${value}: it ends with a usage error`,
        refused: true,
      }
    : { soft: number, at, detail: `${name} sets it to ${number} bytes` };
}
