import type { Located, RestartPolicy, Span, StartCommand, StopPolicy } from '../project.ts';
import { readIni, SUPERVISORD, type IniEntry } from '../readers/ini.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, startedByWords, type StartContext } from '../start-command.ts';
import { wordsOf } from '../start-words.ts';
import { folderOf, INHERITED, addServices, type Found, type Supervisor } from './supervisor.ts';

const CANDIDATE =
  /(?:\.(?:conf|ini|cfg|j2|jinja2?|tmpl|tpl|in|template|example|sample|dist)|supervisor[^/]*)$/;

/** supervisord(8): `[program:x]` sections of its INI files, whatever they are called (`daphne.conf`). */
export const supervisord: Supervisor = {
  name: 'supervisord',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!CANDIDATE.test(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined || !/^\s*\[(?:program|fcgi-program):/m.test(file.text)) continue;
      addPrograms(file, reader, found);
    }
  },
};

function addPrograms(file: SourceFile, reader: CommandReader, found: Found): void {
  const { sections, entries } = readIni(file, SUPERVISORD);
  const shared = environmentOf(last(entries, 'supervisord', 'environment'), file);
  for (const section of sections) {
    const name = /^(?:program|fcgi-program):(.+)$/.exec(section.value)?.[1]?.trim();
    if (name === undefined) continue;
    const key = (wanted: string) => last(entries, section.value, wanted);
    const environment = new Map([...shared, ...environmentOf(key('environment'), file)]);
    const command = key('command');
    const directory = key('directory');
    const user = key('user') ?? last(entries, 'supervisord', 'user');
    const context: StartContext = {
      reader,
      environment,
      folder: folderOf(file.path),
    };
    const started =
      command === undefined
        ? []
        : startedByWords(wordsOf(file, command.at.start, command.at.end, environment), context);
    addServices(
      found,
      {
        name,
        supervisor: 'supervisord',
        file: file.path,
        restart: (python) => ({
          ...restartOf(key, section.at, python),
          ...byHand(key('autostart')),
          ...retries(key('startretries'), key('startsecs'), section.at),
          ...givesUp(key('startsecs'), key('startretries')),
        }),
        failuresOnly: (key('autorestart')?.value.toLowerCase() ?? 'unexpected') === 'unexpected',
        stop: stopOf(key),
        // no option sets a limit: supervisor/options.py; `command=/bin/sh -c 'ulimit -c unlimited; exec …'` does
        coreLimit: { ...INHERITED, detail: 'supervisord has no option for it: its own limit is inherited' },
        environment,
        ...(user === undefined ? {} : { user }),
        ...(directory === undefined ? {} : { workingDirectory: directory }),
      },
      started,
    );
  }
}

function last(entries: readonly IniEntry[], section: string, key: string): Located<string> | undefined {
  return entries.findLast((entry) => entry.section === section && entry.key.value.toLowerCase() === key)
    ?.value;
}

type Key = (name: string) => Located<string> | undefined;

/** supervisor/datatypes.py, boolean and auto_restart. */
const YES = /^(?:true|yes|on|t|y|1)$/;
const NO = /^(?:false|no|off|f|n|0|none)$/;

/**
 * Measured with 4.2: `unexpected` (the default) starts it again after SIGABRT in 1.4 to 2.3 s, `false` does not.
 * Behind a shell the exit code is 134, which `exitcodes` (default 0) may declare as expected; a signal is expected never.
 */
function restartOf(key: Key, section: Span, command: StartCommand): RestartPolicy {
  const autorestart = key('autorestart');
  const value = autorestart?.value.toLowerCase() ?? 'unexpected';
  const at = autorestart?.at ?? section;
  if (value === 'unexpected') {
    const exitcodes = key('exitcodes');
    if (command.behindShell && exitcodes?.value.split(',').some((code) => code.trim() === '134') === true) {
      return {
        afterAbort: false,
        at: exitcodes.at,
        detail: 'exitcodes declares 134 as expected, which is what the shell in between makes of SIGABRT',
      };
    }
    if (command.hiddenBy !== undefined) {
      return {
        afterAbort: false,
        at: key('command')?.at ?? section,
        detail: `the shell goes on after the server (${command.hiddenBy}) and ends with the status of that, which autorestart=unexpected takes for expected`,
      };
    }
    return {
      afterAbort: true,
      ...(autorestart === undefined ? {} : { at }),
      detail: `autorestart=unexpected${autorestart === undefined ? ' (the default)' : ''} starts it again after a signal`,
    };
  }
  if (YES.test(value)) {
    return { afterAbort: true, at, detail: 'autorestart=true starts it again after every exit' };
  }
  if (NO.test(value)) {
    return { afterAbort: false, at, detail: `autorestart=${value}: nothing starts it again` };
  }
  return { afterAbort: 'unknown', at, detail: `autorestart=${value} is known only when it is rendered` };
}

/**
 * A program that ends before `startsecs` (1) is in BACKOFF, and after `startretries` (3) more of it FATAL: measured
 * with 4.2, autorestart or not.
 */
function givesUp(
  startsecs: Located<string> | undefined,
  startretries: Located<string> | undefined,
): Pick<RestartPolicy, 'givesUp'> {
  const withinSeconds = Number(startsecs?.value ?? '1');
  const ends = Number(startretries?.value ?? '3') + 1;
  return startsecs === undefined || !(withinSeconds > 0 && ends > 0)
    ? {}
    : { givesUp: { ends, withinSeconds, at: startsecs.at } };
}

function byHand(autostart: Located<string> | undefined): Pick<RestartPolicy, 'byHand'> {
  return autostart !== undefined && NO.test(autostart.value.toLowerCase())
    ? { byHand: { value: `autostart=${autostart.value}`, at: autostart.at } }
    : {};
}

/** More than this many seconds of trying are enough for what is broken for a moment. */
const PATIENCE = 300;

/**
 * supervisor/process.py: an end within `startsecs` is tried again after 1, 2, 3 … seconds, `startretries` times in a
 * row, whatever autorestart says; then the state is FATAL. With `startsecs=0` no end is too early.
 */
function retries(
  startretries: Located<string> | undefined,
  startsecs: Located<string> | undefined,
  section: Span,
): Pick<RestartPolicy, 'leavesDown'> {
  const count = Number(startretries?.value ?? '3');
  const enough = Number(startsecs?.value ?? '1');
  if (Number.isNaN(count) || Number.isNaN(enough) || enough === 0) return {};
  if ((count * (count + 1)) / 2 >= PATIENCE) return {};
  return {
    leavesDown: {
      at: startretries?.at ?? section,
      detail: `${count + 1} crashes in a row within ${enough} s of the start (startretries=${count}${startretries === undefined ? ', the default' : ''}) leave it FATAL`,
    },
  };
}

/** `killasgroup` is for the KILL that follows where the process is still there after `stopwaitsecs`. */
function stopOf(key: Key): StopPolicy {
  const group = YES.test(key('stopasgroup')?.value.toLowerCase() ?? 'false');
  return { reaches: group ? 'group' : 'process' };
}

/** `environment=A="1",B=2`: values may be quoted; `%(ENV_X)s` is the environment of supervisord. */
function environmentOf(value: Located<string> | undefined, file: SourceFile): Map<string, Located<string>> {
  const environment = new Map<string, Located<string>>();
  if (value === undefined) return environment;
  const text = file.text.slice(value.at.start, value.at.end);
  for (const match of text.matchAll(/([A-Za-z_]\w*)\s*=\s*("[^"]*"|'[^']*'|[^,\s]*)/g)) {
    const [whole, name = '', raw = ''] = match;
    const start = value.at.start + match.index + whole.length - raw.length;
    const quoted = /^["']/.test(raw);
    environment.set(name, {
      value: quoted ? raw.slice(1, -1) : raw,
      at: file.span(start + (quoted ? 1 : 0), start + raw.length - (quoted ? 1 : 0)),
    });
  }
  return environment;
}
