import type { CoreLimit, Located, RestartPolicy, StopPolicy } from '../project.ts';
import { expandWord, readShell, type ShellCommand } from '../readers/shell.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, startedByWords } from '../start-command.ts';
import { wordsOf } from '../start-words.ts';
import { seconds } from '../unit-keys.ts';
import { INHERITED, addServices, type Found, type Supervisor } from './supervisor.ts';

/** openrc-run(8): service scripts, whatever their folder, and what their conf.d file sets. */
export const openrc: Supervisor = {
  name: 'openrc',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!/(?:openrc|init\.d|initd|\.rc$)/i.test(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined || !/^#!\S*\/(?:openrc-run|runscript)\b/.test(file.text)) continue;
      addService(file, reader, found);
    }
  },
};

/** What a service script and its conf.d file set at their top, and what is exported. */
interface Variables {
  values: Map<string, Located<string>>;
  environment: Map<string, Located<string>>;
  known: Map<string, string>;
}

function addService(file: SourceFile, reader: CommandReader, found: Found): void {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1).replace(/\.(?:openrc|initd?|rc|in|j2)$/, '');
  const variables: Variables = {
    values: new Map(),
    environment: new Map(),
    known: new Map([
      ['RC_SVCNAME', name],
      ['SVCNAME', name],
    ]),
  };
  // openrc-run.sh sources conf.d first, so that what the script sets counts more
  const settings = reader.sources.read(settingsFileOf(file.path));
  if (settings !== undefined) takeIn(settings, readShell(settings.text), variables);
  const commands = readShell(file.text);
  takeIn(file, commands, variables);
  const { values, environment } = variables;
  const command = values.get('command');
  if (command === undefined) return;
  const words: Located<string>[] = [command];
  for (const key of ['command_args', 'command_args_foreground']) {
    const value = values.get(key);
    if (value === undefined) continue;
    const source = value.at.file === file.path ? file : (settings ?? file);
    // the words inside the quotes, at their places where nothing in them was expanded
    const inside = source.text.slice(value.at.start, value.at.end).indexOf(value.value);
    if (inside === -1) words.push(...value.value.split(/\s+/).map((text) => ({ value: text, at: value.at })));
    else {
      const start = value.at.start + inside;
      words.push(...wordsOf(source, start, start + value.value.length, environment));
    }
  }
  const user = values.get('command_user');
  const directory = values.get('directory');
  const restart = restartOf(values, commands);
  addServices(
    found,
    {
      name,
      supervisor: 'openrc',
      file: file.path,
      restart,
      ...(restart.afterAbort === true ? { stop: STOP } : {}),
      coreLimit: limitOf(values.get('rc_ulimit')),
      environment,
      ...(user === undefined ? {} : { user: { value: user.value.split(':')[0] ?? '', at: user.at } }),
      ...(directory === undefined ? {} : { workingDirectory: directory }),
    },
    startedByWords(words, { reader, environment, folder: '' }),
  );
}

/** src/supervise-daemon/supervise-daemon.c: run_stop_schedule signals the process that it has started. */
const STOP: StopPolicy = { reaches: 'process' };

/** What the top of a service script and of its conf.d file set, by name; functions of the script by theirs, with `()`. */
export function settledBy(script: SourceFile, settings: SourceFile | undefined): ReadonlyMap<string, string> {
  const variables: Variables = { values: new Map(), environment: new Map(), known: new Map() };
  if (settings !== undefined) takeIn(settings, readShell(settings.text), variables);
  const commands = readShell(script.text);
  takeIn(script, commands, variables);
  const functions = commands.flatMap(({ inFunction }) =>
    inFunction === undefined ? [] : [`${inFunction}()`],
  );
  return new Map([...variables.known, ...functions.map((name) => [name, ''] as const)]);
}

/** `/etc/conf.d/NAME` of `/etc/init.d/NAME`, and as packages call the two in their sources (`NAME.initd`, `NAME.confd`). */
export function settingsFileOf(script: string): string {
  if (script.endsWith('.initd')) return script.replace(/\.initd$/, '.confd');
  return /(?:^|\/)init\.d\/[^/]+$/.test(script)
    ? script.replace(/init\.d(?=\/[^/]+$)/, 'conf.d')
    : `${script.replace(/\.openrc$/, '')}.confd`;
}

function takeIn(file: SourceFile, commands: readonly ShellCommand[], variables: Variables): void {
  const { values, environment, known } = variables;
  const set = (name: string, value: string, start: number, end: number) => {
    known.set(name, value);
    values.set(name, { value, at: file.span(start, end) });
  };
  for (const { assignments, words, inFunction } of commands) {
    if (inFunction !== undefined) continue;
    for (const { name, value } of words.length === 0 ? assignments : []) {
      set(name, expandWord(value, known).value, value.start, value.end);
    }
    const [command, ...rest] = words;
    const program = command === undefined ? undefined : expandWord(command, known).value;
    for (const word of rest) {
      const { value } = expandWord(word, known);
      if (program === ':') {
        // `: ${respawn_max:=0}`: only where conf.d did not
        for (const part of word.parts) {
          const assigns = part.kind === 'variable' && part.operator?.endsWith('=') === true;
          if (assigns && !known.has(part.name)) set(part.name, value, word.start, word.end);
        }
      } else if (program === 'export') {
        const equals = value.indexOf('=');
        if (equals <= 0) continue;
        const at = file.span(word.start, word.end);
        environment.set(value.slice(0, equals), { value: value.slice(equals + 1), at });
      }
    }
  }
}

type Values = ReadonlyMap<string, Located<string>>;

/** openrc-run(8): only `supervisor=supervise-daemon` (or s6) watches; start-stop-daemon, the default, does not. */
function restartOf(values: Values, commands: readonly ShellCommand[]): RestartPolicy {
  const supervisor = values.get('supervisor');
  if (supervisor === undefined) {
    return {
      afterAbort: false,
      detail: 'start-stop-daemon starts it once; supervisor=supervise-daemon starts it again',
    };
  }
  const { value, at } = supervisor;
  // openrc-run.sh: a value that it does not know is a warning and start-stop-daemon
  if (!/^(?:supervise-daemon|s6|runit)$/.test(value)) {
    return /[$`{]/.test(value)
      ? { afterAbort: 'unknown', at, detail: `supervisor=${value} is known only on the host` }
      : { afterAbort: false, at, detail: `supervisor=${value} is none, so start-stop-daemon starts it once` };
  }
  const start = commands.filter(({ inFunction }) => inFunction === 'start');
  const starters = start.flatMap(({ words }) => words.map((word) => expandWord(word, new Map()).value));
  if (
    start.length > 0 &&
    !starters.some((word) => /^(?:default_start|supervise_start|s6_start)$/.test(word))
  ) {
    return {
      afterAbort: starters.includes('supervise-daemon') ? 'unknown' : false,
      at,
      detail: `the script has a start() of its own, and ${value} is for the default one`,
    };
  }
  return {
    afterAbort: true,
    at,
    detail: `${value} starts it again`,
    ...(value === 'supervise-daemon' ? leavesDown(values, at) : {}),
  };
}

/** supervise-daemon.c: `--respawn-max` is 10, 0 for ever; no `--respawn-period` was its whole life before OpenRC 0.62. */
function leavesDown(values: Values, supervisor: RestartPolicy['at']): Pick<RestartPolicy, 'leavesDown'> {
  const max = values.get('respawn_max');
  const period = values.get('respawn_period');
  const most = Number(max?.value ?? '10');
  const within = period === undefined ? undefined : seconds(period.value);
  const delay = seconds(values.get('respawn_delay')?.value ?? '0') ?? 0;
  if (most === 0 || Number.isNaN(most)) return {};
  if (within !== undefined && within > 0 && delay * most > within) return {};
  const at = max?.at ?? supervisor;
  const counted = `respawn_max=${most}${max === undefined ? ', the default' : ''}`;
  return {
    leavesDown: {
      ...(at === undefined ? {} : { at }),
      detail:
        within === undefined || within === 0
          ? `crash ${most + 1} is its last (${counted}), and without respawn_period all that ever happened count`
          : `more than ${most} crashes in ${within} s leave it down (${counted})`,
    },
  };
}

/** `rc_ulimit="-c unlimited"` goes to the ulimit of /bin/sh, in blocks of 512 bytes. */
function limitOf(limit: Located<string> | undefined): CoreLimit {
  if (limit === undefined) return INHERITED;
  const words = limit.value.trim().split(/\s+/);
  const [options = '', value = ''] = words;
  const single = words.length === 2 || (words.length === 3 && /^-[HS]$/.test(options));
  if (!single) {
    return /(?:^|\s)-[HS]*c/.test(limit.value)
      ? {
          ...INHERITED,
          detail: `rc_ulimit="${limit.value}" sets several, and ulimit of many shells takes one`,
        }
      : INHERITED;
  }
  const which = words.length === 3 ? `${options}${value.replace('-', '')}` : options;
  const most = words.at(-1) ?? '';
  if (!/^-[HS]*c$/.test(which) || /^-H+c$/.test(which)) return INHERITED;
  if (most === 'unlimited') return { soft: 'unlimited', at: limit.at, detail: 'rc_ulimit' };
  return /^\d+$/.test(most)
    ? { soft: Number(most) * 512, at: limit.at, detail: 'rc_ulimit' }
    : { ...INHERITED, detail: `rc_ulimit="${limit.value}" is nothing that ulimit takes` };
}
