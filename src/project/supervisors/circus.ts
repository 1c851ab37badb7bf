import type { CoreLimit, Located, RestartPolicy, StopPolicy } from '../project.ts';
import { CONFIGPARSER, readIni, type IniDialect, type IniEntry, type IniFile } from '../readers/ini.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, type Started, startedByWords } from '../start-command.ts';
import { wordsOf } from '../start-words.ts';
import { folderOf, INHERITED, addServices, type Found, type Supervisor } from './supervisor.ts';

/** circusd: `[watcher:x]` sections of its INI files. */
export const circus: Supervisor = {
  name: 'circus',
  find(reader, found) {
    const files = reader.sources.besidesPython
      .filter((path) => /\.(?:ini|conf|cfg|j2)$|circus/.test(path))
      .flatMap((path) => reader.sources.read(path) ?? [])
      .filter(({ text }) => /^\s*\[(?:watcher:|plugin:|circus\])/m.test(text));
    const read = files.map((file): [SourceFile, IniFile] => [file, readIni(file, CIRCUS)]);
    const plugins = read.flatMap(([file, { entries }]) => flappingPlugins(entries, file.path));
    for (const [file, ini] of read) {
      // a file with watchers only is one that another includes
      const flapping = plugins.find(({ path }) => path === file.path) ?? plugins[0];
      addWatchers(file, ini, flapping, reader, found);
    }
  },
};

/** circus/util.py, StrictConfigParser: the first value of a key stays, and `;` after a blank starts a comment. */
const CIRCUS: IniDialect = { ...CONFIGPARSER, inlineComments: ';' };

function addWatchers(
  file: SourceFile,
  { sections, entries }: IniFile,
  flapping: Flapping | undefined,
  reader: CommandReader,
  found: Found,
): void {
  for (const section of sections) {
    const name = /^watcher:(.+)$/.exec(section.value)?.[1]?.trim();
    if (name === undefined) continue;
    const key = (wanted: string) =>
      entries.find((entry) => entry.section === section.value && entry.key.value === wanted)?.value;
    const environment = environmentOf(entries, name);
    const command = key('cmd');
    const args = key('args');
    const words = [command, args].flatMap((part) =>
      part === undefined ? [] : wordsOf(file, part.at.start, part.at.end, environment),
    );
    const user = key('uid');
    const directory = key('working_dir');
    addServices(
      found,
      {
        name,
        supervisor: 'circus',
        file: file.path,
        restart: {
          ...restartOf(key('respawn')),
          ...byHand(key('autostart')),
          ...leavesDown(flapping, key),
        },
        stop: STOP,
        coreLimit: limitOf(key('rlimit_core')),
        environment,
        ...(user === undefined ? {} : { user }),
        ...(directory === undefined ? {} : { workingDirectory: directory }),
      },
      startedByWords(words, { reader, environment, folder: folderOf(file.path) }).map((started) =>
        words[0]?.value === 'exec' ? started : behind(started, key('shell')),
      ),
    );
  }
}

/** A `[plugin:…]` that stops a watcher which ends too often. */
interface Flapping {
  path: string;
  use: Located<string>;
  key: Key;
  checkDelay: number;
}

type Key = (wanted: string) => Located<string> | undefined;

function flappingPlugins(entries: readonly IniEntry[], path: string): Flapping[] {
  const delay = entries.find(({ section, key }) => section === 'circus' && key.value === 'check_delay');
  return entries
    .filter(
      ({ section, key, value }) =>
        section?.startsWith('plugin:') === true &&
        key.value === 'use' &&
        value.value.trim() === 'circus.plugins.flapping.Flapping',
    )
    .map(({ section, value }) => ({
      path,
      use: value,
      key: (wanted: string) =>
        entries.find((entry) => entry.section === section && entry.key.value === wanted)?.value,
      checkDelay: Number(delay?.value.value ?? '5'),
    }));
}

/**
 * circus/plugins/flapping.py: `attempts` ends in a row within `window` and one `check_delay`, at which circusd looks for
 * ends, stop the watcher for `retry_in`, and after `max_retry` such stops for good. A watcher's `flapping.…` come first.
 * circusd refuses what comes while it starts a watcher (circus/util.py, synchronized), so a stop may come to nothing.
 */
function leavesDown(flapping: Flapping | undefined, watcher: Key): Pick<RestartPolicy, 'leavesDown'> {
  if (flapping === undefined) return {};
  const key: Key = (wanted) => watcher(`flapping.${wanted}`) ?? flapping.key(wanted);
  const active = key('active');
  if (active !== undefined && !YES.test(active.value)) return {};
  const attempts = Number(key('attempts')?.value ?? '2');
  const window = Number(key('window')?.value ?? '1');
  const retries = key('max_retry');
  const most = Number(retries?.value ?? '5');
  // the plugin is a watcher by itself, which takes the same key for its own and never starts
  const isStarted = Number(flapping.key('max_retry')?.value ?? '5') !== 0;
  if (!isStarted || most < 0 || (attempts - 2) * flapping.checkDelay > window) return {};
  const detail = `its flapping plugin stops it for good after ${attempts * (most + 1)} crashes in a row (${attempts} at a time within ${window} s), unless circusd is just starting it again,`;
  return { leavesDown: { detail, at: (retries ?? flapping.use).at } };
}

/** `[env:NAME]` and `[env]` sections; NAME may list several watchers and hold `*` (circus/config.py). */
function environmentOf(entries: readonly IniEntry[], watcher: string): Map<string, Located<string>> {
  const environment = new Map<string, Located<string>>();
  for (const { section, key, value } of entries) {
    const names = section === 'env' ? '*' : /^env:(.+)$/.exec(section ?? '')?.[1];
    const matches = names?.split(',').some((name) => {
      const trimmed = name.trim();
      return trimmed.endsWith('*') ? watcher.startsWith(trimmed.slice(0, -1)) : trimmed === watcher;
    });
    if (matches === true) environment.set(key.value, value);
  }
  return environment;
}

/** circus/util.py, to_bool. */
const YES = /^\s*(?:1|true|yes|on|t|y)\s*$/i;

function byHand(autostart: Located<string> | undefined): Pick<RestartPolicy, 'byHand'> {
  return autostart === undefined || YES.test(autostart.value)
    ? {}
    : { byHand: { value: `autostart = ${autostart.value}`, at: autostart.at } };
}

/**
 * circus/watcher.py, kill_process: the signal goes to the process, and with `stop_children` to its children after that,
 * which it finds only while the shell has not ended: seen both ways with 0.19.
 */
const STOP: StopPolicy = { reaches: 'process' };

/** circus/process.py, format_args: `shell = True` puts a shell in front, and quotes the words, so that it cannot do more. */
function behind(started: Started, shell: Located<string> | undefined): Started {
  if (shell === undefined || !YES.test(shell.value)) return started;
  const { value } = started.command;
  return {
    ...started,
    command: {
      ...started.command,
      value: { ...value, behindShell: true, keepsSignals: value.keepsSignals ?? 'sh' },
    },
  };
}

/** circus/watcher.py: `respawn` is True by default. */
function restartOf(respawn: Located<string> | undefined): RestartPolicy {
  if (respawn === undefined) return { afterAbort: true, detail: 'respawn is true by default' };
  const on = YES.test(respawn.value);
  return {
    afterAbort: on,
    at: respawn.at,
    detail: on ? 'respawn starts it again' : 'respawn is off: nothing starts it again',
  };
}

/** circus/config.py, rlimit_value: an empty value and -1 mean no limit; a word such as `unlimited` ends circusd. */
function limitOf(limit: Located<string> | undefined): CoreLimit {
  if (limit === undefined) return INHERITED;
  if (limit.value === '' || limit.value === '-1') {
    return { soft: 'unlimited', at: limit.at, detail: 'rlimit_core' };
  }
  return /^\d+$/.test(limit.value)
    ? { soft: Number(limit.value), at: limit.at, detail: 'rlimit_core' }
    : {
        soft: 'unknown',
        at: limit.at,
        detail: `rlimit_core takes a number, and circusd ends where it is ${limit.value}`,
        refused: true,
      };
}
