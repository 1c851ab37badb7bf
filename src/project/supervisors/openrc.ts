import type { CoreLimit, Located, RestartPolicy } from '../project.ts';
import { expandWord, readShell } from '../readers/shell.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, startedByWords } from '../start-command.ts';
import { wordsOf } from '../start-words.ts';
import { INHERITED, addServices, type Found, type Supervisor } from './supervisor.ts';

/** openrc-run(8): service scripts, whatever their folder. */
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

function addService(file: SourceFile, reader: CommandReader, found: Found): void {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1).replace(/\.(?:openrc|initd?|rc|in|j2)$/, '');
  const variables = new Map([
    ['RC_SVCNAME', name],
    ['SVCNAME', name],
  ]);
  const values = new Map<string, Located<string>>();
  const environment = new Map<string, Located<string>>();
  for (const { assignments, words, inFunction } of readShell(file.text)) {
    if (inFunction !== undefined) continue;
    for (const { name: variable, value } of words.length === 0 ? assignments : []) {
      const { value: text } = expandWord(value, variables);
      variables.set(variable, text);
      values.set(variable, { value: text, at: file.span(value.start, value.end) });
    }
    const [command, ...rest] = words;
    if (command === undefined || expandWord(command, variables).value !== 'export') continue;
    for (const word of rest) {
      const { value } = expandWord(word, variables);
      const equals = value.indexOf('=');
      if (equals <= 0) continue;
      environment.set(value.slice(0, equals), {
        value: value.slice(equals + 1),
        at: file.span(word.start, word.end),
      });
    }
  }
  const command = values.get('command');
  if (command === undefined) return;
  const words: Located<string>[] = [command];
  for (const key of ['command_args', 'command_args_foreground']) {
    const value = values.get(key);
    if (value === undefined) continue;
    // the words inside the quotes, at their places where nothing in them was expanded
    const inside = file.text.slice(value.at.start, value.at.end).indexOf(value.value);
    if (inside === -1) words.push(...value.value.split(/\s+/).map((text) => ({ value: text, at: value.at })));
    else {
      const start = value.at.start + inside;
      words.push(...wordsOf(file, start, start + value.value.length, environment));
    }
  }
  const user = values.get('command_user');
  const directory = values.get('directory');
  addServices(
    found,
    {
      name,
      supervisor: 'openrc',
      file: file.path,
      restart: restartOf(values),
      coreLimit: limitOf(values.get('rc_ulimit')),
      environment,
      ...(user === undefined ? {} : { user: { value: user.value.split(':')[0] ?? '', at: user.at } }),
      ...(directory === undefined ? {} : { workingDirectory: directory }),
    },
    startedByWords(words, { reader, environment, folder: '' }),
  );
}

/** openrc-run(8): only `supervisor=supervise-daemon` (or s6) watches; start-stop-daemon, the default, does not. */
function restartOf(values: ReadonlyMap<string, Located<string>>): RestartPolicy {
  const supervisor = values.get('supervisor');
  if (supervisor === undefined) {
    return {
      afterAbort: false,
      detail: 'start-stop-daemon starts it once; supervisor=supervise-daemon starts it again',
    };
  }
  const most = values.get('respawn_max');
  return supervisor.value === 'supervise-daemon' || supervisor.value === 's6'
    ? {
        afterAbort: true,
        at: supervisor.at,
        // supervise-daemon(8): --respawn-max is 10 by default, 0 means for ever
        detail: `${supervisor.value} starts it again${supervisor.value === 's6' ? '' : `, at most ${most?.value ?? '10'} times in the respawn period`}`,
      }
    : { afterAbort: 'unknown', at: supervisor.at, detail: `supervisor=${supervisor.value} is not known` };
}

/** `rc_ulimit="-c unlimited"` goes to the shell's ulimit. */
function limitOf(limit: Located<string> | undefined): CoreLimit {
  const [, value] = /(?:^|\s)-[HS]*c\s*(\S+)/.exec(limit?.value ?? '') ?? [];
  if (limit === undefined || value === undefined) return INHERITED;
  if (value === 'unlimited') return { soft: 'unlimited', at: limit.at, detail: 'rc_ulimit' };
  return /^\d+$/.test(value)
    ? { soft: Number(value) * 512, at: limit.at, detail: 'rc_ulimit' }
    : { soft: 'unknown', at: limit.at, detail: `rc_ulimit: ${value}` };
}
