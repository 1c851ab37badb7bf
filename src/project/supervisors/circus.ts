import type { CoreLimit, Located, RestartPolicy, StopPolicy } from '../project.ts';
import { CONFIGPARSER, readIni, type IniDialect, type IniEntry } from '../readers/ini.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, startedByWords } from '../start-command.ts';
import { wordsOf } from '../start-words.ts';
import { folderOf, INHERITED, addServices, type Found, type Supervisor } from './supervisor.ts';

/** circusd: `[watcher:x]` sections of its INI files. */
export const circus: Supervisor = {
  name: 'circus',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!/\.(?:ini|conf|cfg|j2)$|circus/.test(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined || !/^\s*\[watcher:/m.test(file.text)) continue;
      addWatchers(file, reader, found);
    }
  },
};

/** circus/util.py, StrictConfigParser: the first value of a key stays, and `;` after a blank starts a comment. */
const CIRCUS: IniDialect = { ...CONFIGPARSER, inlineComments: ';' };

function addWatchers(file: SourceFile, reader: CommandReader, found: Found): void {
  const { sections, entries } = readIni(file, CIRCUS);
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
          ...flapping(entries, section.value),
        },
        stop: stopOf(key('stop_children'), key('stop_signal')),
        coreLimit: limitOf(key('rlimit_core')),
        environment,
        ...(user === undefined ? {} : { user }),
        ...(directory === undefined ? {} : { workingDirectory: directory }),
      },
      startedByWords(words, { reader, environment, folder: folderOf(file.path) }),
    );
  }
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
 * circus/plugins/flapping.py: `attempts` (2) ends within `window` (1) seconds stop a watcher for `retry_in` (7), and
 * after `max_retry` (5; -1 for ever) of these it stays stopped. Options of the plugin, or `flapping.x` of the watcher.
 */
function flapping(entries: readonly IniEntry[], watcher: string): Pick<RestartPolicy, 'leavesDown'> {
  const plugin = entries.find(
    ({ section, key, value }) =>
      section?.startsWith('plugin:') === true && key.value === 'use' && value.value.endsWith('.Flapping'),
  );
  if (plugin === undefined) return {};
  const option = (name: string) =>
    entries.find(({ section, key }) => section === watcher && key.value === `flapping.${name}`)?.value ??
    entries.find(({ section, key }) => section === plugin.section && key.value === name)?.value;
  const active = option('active');
  const most = option('max_retry');
  if ((active !== undefined && !YES.test(active.value)) || most?.value === '-1') return {};
  return {
    leavesDown: {
      at: (most ?? plugin.value).at,
      detail: `the flapping plugin stops it for good after ${most?.value ?? '5'} tries (max_retry${most === undefined ? ', the default' : ''})`,
    },
  };
}

/** circus/watcher.py, kill_process: the signal goes to the process alone, unless `stop_children` is on. */
function stopOf(children: Located<string> | undefined, signal: Located<string> | undefined): StopPolicy {
  return {
    reaches: children !== undefined && YES.test(children.value) ? 'group' : 'process',
    ...(signal === undefined ? {} : { signal }),
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
