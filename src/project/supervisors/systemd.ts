import type {
  CoreLimit,
  Located,
  Note,
  RestartPolicy,
  Service,
  Span,
  StartCommand,
  SystemdUnit,
} from '../project.ts';
import { baseName, parent } from '../python-modules.ts';
import { environmentFile } from '../readers/environment-file.ts';
import { readUnitFile, type UnitEntry } from '../readers/unit-file.ts';
import { systemdWords, type Word } from '../readers/words.ts';
import type { Sources } from '../sources.ts';
import { type CommandReader, startedByWords } from '../start-command.ts';
import { systemdLimit } from '../../systemd-size.ts';
import { commandPrefix } from '../unit-command.ts';
import { isIgnored } from '../unit-values.ts';
import { isPythonProgram, startedAs, type Found, type Supervisor } from './supervisor.ts';

/** Keys that add up; an empty value takes back what was there (systemd.unit(5), systemd.service(5), systemd.exec(5)). */
const LISTS = new Set(
  (
    'ExecStart ExecStartPre ExecStartPost ExecCondition ExecReload ExecStop ExecStopPost Environment EnvironmentFile ' +
    'PassEnvironment UnsetEnvironment RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus ReadWritePaths ' +
    'ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths BindPaths BindReadOnlyPaths StateDirectory RuntimeDirectory ' +
    'CacheDirectory LogsDirectory ConfigurationDirectory SupplementaryGroups SystemCallFilter AmbientCapabilities ' +
    'CapabilityBoundingSet After Before Wants Requires BindsTo PartOf Conflicts WantedBy RequiredBy Alias Documentation'
  ).split(' '),
);

/** systemd.service(5): the units of the tree, with their drop-ins. */
export const systemd: Supervisor = { name: 'systemd', find: findUnits };

/** The services of the tree's systemd units that start something of Python. */
function findUnits(reader: CommandReader, found: Found): void {
  const { sources } = reader;
  const units = sources.besidesPython.filter((path) => mayBeUnit(path)).sort();
  for (const path of units) {
    const name = baseName(path).replace(/\.(example|sample|dist|tmpl|template|in|txt)$/, '');
    const file = sources.read(path);
    if (file === undefined || !/^\s*\[Service\]/m.test(file.text) || !/^\s*ExecStart\s*=/m.test(file.text))
      continue;
    if (/\{%|\{\{/.test(file.text)) {
      found.notes.push({
        code: 'unit-template',
        message: `${path} is a template of a unit; it was not read`,
      });
      continue;
    }
    const dropIns = dropInsOf(sources, path, name, units);
    const service = serviceOf(sources, path, name, dropIns, reader);
    if (service !== undefined) found.services.push(service);
  }
}

/** Files that can be a unit by their name: reading every file of the tree would take too long. */
function mayBeUnit(path: string): boolean {
  const name = baseName(path);
  if (/\.service(\.[\w]+)?$/.test(name)) return true;
  return (
    /(systemd|service|\.unit$)/i.test(path) &&
    /^[^.]+(\.(unit|conf|txt|in|example|tmpl|template))?$/.test(name) &&
    !/\.d\//.test(path)
  );
}

/** `NAME.service.d/*.conf` and, for an instance or a prefix, the folders of systemd.unit(5), in the order of effect. */
function dropInsOf(sources: Sources, path: string, name: string, units: readonly string[]): string[] {
  const unit = name.endsWith('.service') ? name : `${name}.service`;
  const template = unit.replace(/@[^.]*\./, '@.');
  const folders = ['service.d', ...(template === unit ? [] : [`${template}.d`]), `${unit}.d`];
  const alone = units.filter((other) => baseName(other) === baseName(path)).length === 1;
  const found: { file: string; rank: number }[] = [];
  for (const file of sources.besidesPython) {
    if (!file.endsWith('.conf')) continue;
    const folder = parent(file);
    const rank = folders.indexOf(baseName(folder));
    if (rank < 0) continue;
    const beside = parent(folder) === parent(path);
    if (beside || (alone && rank > 0)) found.push({ file, rank });
  }
  // within the folders of one unit, the file's name decides (systemd.unit(5))
  return found
    .sort((a, b) => a.rank - b.rank || (baseName(a.file) < baseName(b.file) ? -1 : 1))
    .map(({ file }) => file);
}

function serviceOf(
  sources: Sources,
  path: string,
  name: string,
  dropIns: readonly string[],
  reader: CommandReader,
): Service | undefined {
  const files = [path, ...dropIns];
  const entries = files.flatMap((one) => {
    const file = sources.read(one);
    return file === undefined ? [] : readUnitFile(file);
  });
  const effective = afterResets(entries);
  const keys = new Keys(effective);
  const notes: Note[] = [];
  const environment = environmentOf(sources, path, keys, notes);
  const start = keys.all('ExecStart')[0];
  const folder = keys.last('WorkingDirectory');
  const workingDirectory = folder === undefined ? undefined : at(folder, folder.value.text.replace(/^-/, ''));
  const read =
    start === undefined
      ? undefined
      : startedByWords(
          commandWords(start, name, environment).map((word) => ({
            value: word.text,
            at: word.source.span(word.start, word.end),
          })),
          {
            reader,
            folder: parent(path),
            ...(workingDirectory === undefined ? {} : { workingDirectory: workingDirectory.value }),
            environment,
          },
        )[0];
  for (const [key, value] of read?.environment ?? []) environment.set(key, value);
  const settings = read?.settingsModule ?? environment.get('DJANGO_SETTINGS_MODULE');
  const isPython =
    read?.command.value.server !== undefined ||
    read?.command.value.entry !== undefined ||
    read?.command.value.program !== undefined ||
    isPythonProgram(read?.command.value.argv[0] ?? '') ||
    settings !== undefined ||
    (read?.command.value.argv ?? []).some((word) => /python|manage\.py|celery|\.py$/.test(word)) ||
    /python|gunicorn|uwsgi|manage\.py|celery/.test(start?.value.text ?? '');
  if (!isPython) return undefined;
  const user = keys.last('User');
  const directory = read?.workingDirectory ?? workingDirectory;
  const unitEntries: SystemdUnit['entries'] = effective.map(({ section, key, keyAt, value }) => ({
    section,
    key,
    keyAt,
    value: value.text,
    at: value.span(),
  }));
  const coreLimit = read?.coreLimit ?? coreLimitOf(keys);
  return {
    name: name.endsWith('.service') ? name : `${name}.service`,
    supervisor: 'systemd',
    file: path,
    ...(start === undefined || read === undefined
      ? {}
      : {
          command: {
            value: startedAs(read.command, user?.value.text).value,
            at: start.value.span(),
          },
        }),
    ...(user === undefined ? {} : { user: at(user, user.value.text) }),
    ...(directory === undefined ? {} : { workingDirectory: directory }),
    environment,
    ...(settings === undefined ? {} : { settingsModule: settings }),
    restart: restartOf(keys, read?.command.value, coreLimit),
    coreLimit,
    unit: { files, entries: unitEntries, endsByItself: endsByItself(path, unitEntries, sources) },
    notes: [...notes, ...(read?.notes ?? [])],
  };
}

/** Type=oneshot, or a timer of its name beside it starts it (systemd.timer(5)). */
function endsByItself(path: string, entries: SystemdUnit['entries'], sources: Sources): boolean {
  const type = entries.findLast(({ key }) => key === 'Type')?.value;
  return type === 'oneshot' || sources.files.has(path.replace(/\.service$/, '.timer'));
}

function at(entry: UnitEntry, value: string): Located<string> {
  return { value, at: entry.value.span() };
}

function afterResets(entries: readonly UnitEntry[]): UnitEntry[] {
  let effective: UnitEntry[] = [];
  for (const entry of entries) {
    if (LISTS.has(entry.key) && entry.value.text === '') {
      effective = effective.filter(({ section, key }) => section !== entry.section || key !== entry.key);
    } else effective.push(entry);
  }
  return effective;
}

class Keys {
  readonly #entries: readonly UnitEntry[];

  constructor(entries: readonly UnitEntry[]) {
    this.#entries = entries.filter(({ section }) => section === 'Service');
  }

  all(key: string): readonly UnitEntry[] {
    return this.#entries.filter((entry) => entry.key === key);
  }

  /** The entry that decides a key that takes one value; undefined where none does or the last one resets it. */
  last(key: string): UnitEntry | undefined {
    const last = this.all(key).findLast(({ value }) => !isIgnored(key, value.text));
    return last?.value.text === '' ? undefined : last;
  }

  /** What was meant to decide a key, and systemd ignores. */
  ignored(key: string): UnitEntry | undefined {
    return this.all(key).findLast(({ value }) => value.text !== '');
  }
}

/** `Environment=` and those `EnvironmentFile=` that are in the tree; a later assignment wins, files over the unit (systemd.exec(5)). */
function environmentOf(
  sources: Sources,
  unit: string,
  keys: Keys,
  notes: Note[],
): Map<string, Located<string>> {
  const environment = new Map<string, Located<string>>();
  const add = (word: Word, span: Span) => {
    const equals = word.text.indexOf('=');
    if (equals > 0)
      environment.set(word.text.slice(0, equals), { value: word.text.slice(equals + 1), at: span });
  };
  for (const { value } of keys.all('Environment')) {
    for (const word of systemdWords(value)) add(word, value.span(word.start, word.end));
  }
  for (const entry of keys.all('EnvironmentFile')) {
    const path = entry.value.text.replace(/^-/, '').replace(/^["']|["']$/g, '');
    const found = inTree(sources, unit, path);
    const file = found === undefined ? undefined : sources.read(found);
    if (file === undefined) {
      notes.push({
        code: 'environment-file',
        message: `EnvironmentFile=${path} is not in the repository; what it sets is not known`,
        at: entry.value.span(),
      });
      continue;
    }
    for (const [name, value] of environmentFile(file)) environment.set(name, value);
  }
  return environment;
}

/** The file of the tree that an absolute path of a server most likely is: the one with the longest common tail, if only one has it. */
function inTree(sources: Sources, near: string, path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const beside = parent(near);
  const local = beside === '' ? (parts.at(-1) ?? '') : `${beside}/${parts.at(-1) ?? ''}`;
  for (let from = 0; from < parts.length; from++) {
    const tail = parts.slice(from).join('/');
    if (sources.files.has(tail)) return tail;
    if (from === parts.length - 1 && sources.files.has(local)) return local;
    const ends = [...sources.files].filter((file) => file.endsWith(`/${tail}`));
    if (ends.length === 1) return ends[0];
    if (ends.length > 1) return undefined;
  }
  return undefined;
}

/** The words of a start command: prefixes off, specifiers and variables that are known put in. */
function commandWords(
  start: UnitEntry,
  name: string,
  environment: ReadonlyMap<string, Located<string>>,
): Word[] {
  const prefix = commandPrefix(start.value.text);
  const value = start.value.slice(prefix.length, start.value.text.length);
  const words = systemdWords(value);
  // `@`: the second word is argv[0]
  const listed = prefix.includes('@') ? words.filter((_word, index) => index !== 1) : words;
  const end = listed.findIndex(({ text }) => text === ';');
  const unit = name.endsWith('.service') ? name : `${name}.service`;
  const specifiers: Record<string, string> = {
    '%n': unit,
    '%N': unit.replace(/\.service$/, ''),
    '%p': unit.replace(/(@.*)?\.service$/, ''),
    '%%': '%',
  };
  return (end < 0 ? listed : listed.slice(0, end)).flatMap((word) => {
    const text = word.text.replace(/%[nNp%]/g, (specifier) => specifiers[specifier] ?? specifier);
    if (prefix.includes(':')) return [{ ...word, text }];
    const whole = /^\$([A-Za-z_]\w*)$/.exec(text)?.[1];
    const known = whole === undefined ? undefined : environment.get(whole);
    // a variable that is a word of its own is split at blanks (systemd.service(5))
    if (known !== undefined) {
      return known.value
        .split(/\s+/)
        .filter((part) => part !== '')
        .map((part) => Object.assign({}, word, { text: part }));
    }
    const replaced = text.replace(
      /\$\{([A-Za-z_]\w*)\}/g,
      (whole_, key: string) => environment.get(key)?.value ?? whole_,
    );
    return [{ ...word, text: replaced.replaceAll('$$', '$') }];
  });
}

/** A number would be an exit status, never a signal (systemd.service(5)). */
const ABORT = /^(SIG)?ABRT$/;

/** Does systemd start the service again when its main process dies by SIGABRT (systemd.service(5), table 1)? Behind a shell that is exit status 134. */
function restartOf(keys: Keys, command: StartCommand | undefined, { soft }: CoreLimit): RestartPolicy {
  const behindShell = command?.behindShell ?? false;
  const entry = keys.last('Restart') ?? keys.ignored('Restart');
  const policy = entry?.value.text ?? 'no';
  const place = entry === undefined ? {} : { at: entry.value.span() };
  const means = (word: string) => (behindShell ? word === '134' : ABORT.test(word));
  const listed = (key: string) =>
    keys.all(key).find(({ value }) => value.text.split(/\s+/).some((word) => means(word)));
  const what = behindShell ? 'exit status 134 (SIGABRT behind a shell)' : 'SIGABRT';
  const prevented = listed('RestartPreventExitStatus');
  if (prevented !== undefined) {
    return {
      afterAbort: false,
      at: prevented.value.span(),
      detail: `RestartPreventExitStatus=${prevented.value.text} takes ${what} out of Restart=`,
    };
  }
  const forced = listed('RestartForceExitStatus');
  if (forced !== undefined) {
    return {
      afterAbort: true,
      at: forced.value.span(),
      detail: `RestartForceExitStatus=${forced.value.text} restarts after ${what}`,
    };
  }
  // a signal that left a core is never a clean end (src/shared/exit-status.c, is_clean_exit: CLD_KILLED, not CLD_DUMPED)
  const clean = behindShell || soft === 0 ? listed('SuccessExitStatus') : undefined;
  const text = `Restart=${policy}${entry === undefined ? ' (the default)' : ''}`;
  const start = keys.all('ExecStart')[0];
  if (start !== undefined && commandPrefix(start.value.text).includes('-') && policy.startsWith('on-')) {
    return {
      afterAbort: policy === 'on-success',
      at: start.value.span(),
      detail: `the - before the command makes every end a success, and ${text} counts`,
    };
  }
  switch (policy) {
    case 'always':
      return { afterAbort: true, ...place, detail: text };
    case 'on-success':
      if (command?.hiddenBy !== undefined) return { afterAbort: true, ...place, detail: text };
      return {
        afterAbort: clean !== undefined,
        ...place,
        detail: clean === undefined ? `${text} does not restart after ${what}` : text,
      };
    case 'on-failure':
    case 'on-abnormal':
    case 'on-abort': {
      if (clean !== undefined) {
        return {
          afterAbort: false,
          at: clean.value.span(),
          detail: `SuccessExitStatus=${clean.value.text} makes ${what} a success, and ${text} restarts failures only`,
        };
      }
      const restarts = policy === 'on-failure' || !behindShell;
      return {
        afterAbort: restarts,
        ...place,
        detail: restarts ? text : `${text} does not restart after ${what}`,
      };
    }
    case 'no':
    case 'on-watchdog':
      return { afterAbort: false, ...place, detail: `${text} does not restart after ${what}` };
    default:
      return {
        afterAbort: /\$|%|</.test(policy) ? 'unknown' : false,
        ...place,
        detail: `${text} is no policy that systemd knows`,
      };
  }
}

/** The soft limit on cores: `LimitCORE=soft[:hard]`; without it systemd hands its own on, on Debian 0 as the kernel gave it (systemd-system.conf(5)). */
function coreLimitOf(keys: Keys): CoreLimit {
  const entry = keys.last('LimitCORE') ?? keys.ignored('LimitCORE');
  if (entry === undefined)
    return { soft: 0, detail: "no LimitCORE=: systemd's default is 0 soft, unlimited hard" };
  const detail = `LimitCORE=${entry.value.text}`;
  const place = entry.value.span();
  const limit = systemdLimit(entry.value.text);
  if (limit === undefined)
    return { soft: 'unknown', at: place, detail: `${detail} is no size that systemd knows` };
  return { soft: limit.soft === Infinity ? 'unlimited' : limit.soft, at: place, detail };
}
