import { lineEnding } from '../edit/text-style.ts';
import type { Located, Note, Service } from '../project/project.ts';
import { allowsCore } from '../project/servers/gunicorn.ts';
import { moduleName, type Situation, type Wiring } from './wiring.ts';

/** gunicorn's own default is 30; a core of 2 GB takes some 10 s (docs/servers.md). */
const LONG_ENOUGH = 30;

/**
 * What a server's own options cost the core, mended at the end of gunicorn's configuration file where there is one,
 * else said: a time-out that cuts the core off, and root that is given away in the process. A core of such a process
 * may hold what its user must not read, so that is mended only where `dumpable` asks for it.
 */
export function wireGunicorn(situation: Situation): Wiring {
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const endings = new Map<string, string[][]>();
  const append = (path: string, lines: string[]): void => {
    const known = endings.get(path) ?? [];
    if (!known.some((each) => each.join() === lines.join())) endings.set(path, [...known, lines]);
  };
  for (const service of situation.project.services) {
    const { command } = service;
    if (command === undefined) continue;
    const { server, options, configurationFiles: [named] = [] } = command.value;
    // a file of PasteDeploy has a section for the server, and what is at its end is of another
    const file = named?.endsWith('.ini') === true ? undefined : named;
    const dropped = droppedUser(service);
    // However the name is bound (def, assignment, import): a second one would replace it without a word
    const taken = file !== undefined && /\bpost_worker_init\b/.test(situation.read(file)?.text ?? '');
    if (dropped !== undefined && !allowsCore(options)) {
      if (situation.dumpable && server === 'gunicorn' && file !== undefined && !taken)
        append(file, hook(moduleName(situation.application)));
      else wiring.notes.push(privilegeDrop(service, dropped, server ?? '', situation));
    }
    const timeout = server === 'gunicorn' ? options.get('timeout') : undefined;
    const seconds = Number(timeout?.value);
    if (timeout !== undefined && seconds > 0 && seconds < LONG_ENOUGH) {
      if (timeout.at.file === file) append(file, TIMEOUT);
      else wiring.notes.push(shortTimeout(seconds, timeout));
    }
  }
  for (const [path, parts] of endings) {
    const text = situation.read(path)?.text ?? '';
    const end = lineEnding(text);
    const first = text === '' || /[\r\n]$/.test(text) ? '' : end;
    const added = parts.map((lines) => lines.map((line) => line + end).join('')).join('');
    wiring.wishes.push({ kind: 'gunicorn', path, insertions: [{ at: text.length, text: first + added }] });
  }
  return wiring;
}

const TIMEOUT = [
  '',
  '# A worker that writes its core is silent meanwhile: with less time the arbiter kills it',
  '# (SIGKILL), and the core is cut off.',
  `timeout = ${LONG_ENOUGH}`,
];

function hook(module: string): string[] {
  return [
    '',
    '',
    'def post_worker_init(worker):',
    '    # gunicorn has given root away by now, and the kernel writes no core of a process',
    '    # that did (prctl(2), PR_SET_DUMPABLE) unless it is allowed again.',
    `    from ${module} import allow_core`,
    '',
    '    allow_core()',
  ];
}

/** Whom the server becomes by itself; undefined where it is not started as root. */
function droppedUser({ command, user }: Service): Located<string> | undefined {
  const { server, options } = command?.value ?? {};
  if (server !== 'gunicorn' && server !== 'uwsgi') return undefined;
  if (user !== undefined && !/^(root|0)$/.test(user.value)) return undefined;
  const dropped = options?.get('user') ?? options?.get('uid');
  return dropped === undefined || /^(root|0)$/.test(dropped.value) ? undefined : dropped;
}

function privilegeDrop(
  { unit }: Service,
  dropped: Located<string>,
  server: string,
  { dumpable, application }: Situation,
): Note {
  const instead =
    server === 'gunicorn' && dumpable
      ? `call allow_core of ${moduleName(application)} in post_worker_init of a configuration file`
      : server === 'gunicorn'
        ? 'run init with --dumpable, which allows the core again'
        : 'set PYCRASH_DUMPABLE=1 for the service';
  return {
    code: 'privilege-drop',
    message:
      `${server} gives root away itself (${dropped.value}), and the kernel then forbids the core (prctl(2), ` +
      `PR_SET_DUMPABLE). ${unit === undefined ? 'Start it as that user' : `Put User=${dropped.value} into the unit`}, ` +
      `or ${instead}`,
    at: dropped.at,
  };
}

function shortTimeout(seconds: number, timeout: Located<string>): Note {
  return {
    code: 'worker-timeout',
    message:
      `gunicorn kills a worker that writes its core for more than ${seconds} s, and the core is cut off ` +
      `(2 GB need more than 4 s). Give it ${LONG_ENOUGH} or more`,
    at: timeout.at,
  };
}
