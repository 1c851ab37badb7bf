import type { Located, Note, Service, SystemdUnit } from '../project.ts';
import { baseName, parent } from '../python-modules.ts';
import { readUnitFile, type UnitEntry } from '../readers/unit-file.ts';
import { systemdWords, type Word } from '../readers/words.ts';
import type { Sources } from '../sources.ts';
import { type CommandReader, startedByWords } from '../start-command.ts';
import { commandPrefix } from '../unit-command.ts';
import { UnitKeys } from '../unit-keys.ts';
import { isPythonProgram, startedAs, type Found, type Supervisor } from './supervisor.ts';
import { environmentOf, type UnitLine } from './unit-environment.ts';
import { coreLimitOf, restartOf } from './unit-policy.ts';

/** Keys that add up; an empty value takes back what was there (systemd.unit(5), systemd.service(5), systemd.exec(5)). */
const LISTS = new Set(
  (
    'ExecStart ExecStartPre ExecStartPost ExecCondition ExecReload ExecStop ExecStopPost Environment EnvironmentFile ' +
    'PassEnvironment UnsetEnvironment RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus ReadWritePaths ' +
    'ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths BindPaths BindReadOnlyPaths StateDirectory RuntimeDirectory ' +
    'CacheDirectory LogsDirectory ConfigurationDirectory SupplementaryGroups SystemCallFilter AmbientCapabilities ' +
    'After Before Wants Requires BindsTo PartOf Conflicts WantedBy RequiredBy Alias Documentation'
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
        at: file.span(0, 0),
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
  const lines = afterResets(entries).map(({ section, key, keyAt, value: joined }): UnitLine => ({
    section,
    key,
    keyAt,
    value: joined.text,
    at: joined.span(),
    joined,
  }));
  const keys = new UnitKeys(lines.filter(({ section }) => section === 'Service'));
  const notes: Note[] = [];
  const environment = environmentOf(sources, path, keys, notes);
  const start = keys.entries(['ExecStart'])[0];
  const folder = keys.entry('WorkingDirectory');
  const workingDirectory =
    folder === undefined ? undefined : { value: folder.value.replace(/^-/, ''), at: folder.at };
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
    /python|gunicorn|uwsgi|manage\.py|celery/.test(start?.value ?? '');
  if (!isPython) return undefined;
  const user = keys.entry('User');
  const directory = read?.workingDirectory ?? workingDirectory;
  const unitEntries = lines.map(({ joined: _joined, ...entry }): SystemdUnit['entries'][number] => entry);
  const coreLimit = read?.coreLimit ?? coreLimitOf(keys);
  return {
    name: name.endsWith('.service') ? name : `${name}.service`,
    supervisor: 'systemd',
    file: path,
    ...(start === undefined || read === undefined
      ? {}
      : {
          command: {
            value: startedAs(read.command, user?.value).value,
            at: start.at,
          },
        }),
    ...(user === undefined ? {} : { user: { value: user.value, at: user.at } }),
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

function afterResets(entries: readonly UnitEntry[]): UnitEntry[] {
  let effective: UnitEntry[] = [];
  for (const entry of entries) {
    if (LISTS.has(entry.key) && entry.value.text === '') {
      effective = effective.filter(({ section, key }) => section !== entry.section || key !== entry.key);
    } else effective.push(entry);
  }
  return effective;
}

/** The words of a start command: prefixes off, specifiers and variables that are known put in. */
function commandWords(
  start: UnitLine,
  name: string,
  environment: ReadonlyMap<string, Located<string>>,
): Word[] {
  const prefix = commandPrefix(start.value);
  const value = start.joined.slice(prefix.length, start.value.length);
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
