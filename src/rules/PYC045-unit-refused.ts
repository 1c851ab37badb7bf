import type { Located } from '../project/project.ts';
import { withoutPrefix } from '../project/unit-command.ts';
import type { UnitEntry, UnitKeys } from '../project/unit-keys.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { mayBeRoot, unitServices } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC045',
  slug: 'unit-refused',
  level: 'error',
  summary: 'systemd refuses the unit, so the service never starts',
  check: (project) =>
    unitServices(project).flatMap(({ service, keys, start }) =>
      [...refusals(keys), ...launcherRefusals(service.command?.value.needsRoot, keys)].map(
        ({ why, help, unsure, at = start }): RuleFinding => {
          const filledIn = unsure === true || /[<>{}@#]|__|\$/.test(why.value);
          const message = filledIn
            ? `whether systemd takes ${service.name} depends on ${unsure === true ? 'the host' : `what is put in for ${why.value}`}: ${why.text}`
            : `systemd does not start ${service.name}: ${why.text}`;
          const level = filledIn ? 'unknown' : 'error';
          return { level, confidence: filledIn ? 'low' : 'high', message, help, at };
        },
      ),
    ),
};

interface Refusal {
  why: { text: string; value: string };
  help: string;
  /** Only the host can tell. */
  unsure?: true;
  at?: UnitEntry['at'];
}

/** src/core/service.c, service_verify(), and what load-fragment.c takes for fatal; each seen with systemd 252. */
function refusals(keys: UnitKeys): Refusal[] {
  const starts = keys.entries(['ExecStart']);
  const type = keys.last('Type') ?? 'simple';
  const restart = keys.entry('Restart');
  const found: Refusal[] = [];
  const second = starts[1] ?? starts.find(({ value }) => /\s;\s/.test(withoutQuotes(value)));
  if (type !== 'oneshot' && second !== undefined) {
    found.push({
      why: { text: 'more than one ExecStart= is for Type=oneshot only', value: '' },
      help: 'in a drop-in, write an empty ExecStart= above the new one; else start one command',
      at: second.at,
    });
  }
  if (type === 'oneshot' && restart !== undefined && /^(always|on-success)$/.test(restart.value)) {
    found.push({
      why: { text: `Type=oneshot does not go with Restart=${restart.value}`, value: '' },
      help: 'write Type=simple (or exec) for a server',
      at: restart.at,
    });
  }
  const forced = keys.wordEntries('RestartForceExitStatus')[0];
  if (type === 'oneshot' && forced !== undefined) {
    found.push({
      why: { text: 'Type=oneshot does not go with RestartForceExitStatus=', value: '' },
      help: 'write Type=simple (or exec) for a server',
      at: forced.at,
    });
  }
  const typeEntry = keys.entry('Type');
  if (type === 'dbus' && keys.last('BusName') === undefined && typeEntry !== undefined) {
    found.push({
      why: { text: 'Type=dbus needs BusName=', value: '' },
      help: 'write Type=simple (or exec) for a server',
      at: typeEntry.at,
    });
  }
  return [...found, ...folderRefusals(keys), ...commandRefusals(keys)];
}

/** A path that is not taken ends the unit, even where a later line gives another. */
function folderRefusals(keys: UnitKeys): Refusal[] {
  return keys.entries(['WorkingDirectory', 'RootDirectory']).flatMap(({ key, value, at }): Refusal[] => {
    if (/^[/~%-]/.test(value) && !/^~./.test(value) && !/(^|\/)\.\.(\/|$)/.test(value)) return [];
    const text = `${key}=${value} is not an absolute path without .., and systemd takes quotes and variables for a part of it`;
    return [{ why: { text, value }, help: `write ${key}=/… as it is, without quotes`, at }];
  });
}

const COMMANDS = ['ExecStart', 'ExecStartPre', 'ExecStartPost', 'ExecCondition'];

/** Specifiers of systemd 262; another letter or digit behind a % ends the unit, and anything else is taken as it is. */
const SPECIFIERS = 'aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY%';

function commandRefusals(keys: UnitKeys): Refusal[] {
  return keys.entries(COMMANDS).flatMap(({ key, value, at }): Refusal[] => {
    const command = withoutPrefix(value);
    const program = /^"([^"]*)"|^'([^']*)'|^\S*/.exec(command);
    const path = program?.[1] ?? program?.[2] ?? program?.[0] ?? '';
    const refused = (text: string, what: string, help: string): Refusal[] => [
      { why: { text: `${key}= ${text}`, value: what }, help, at },
    ];
    const isVariable = /^\$\w/.test(path);
    if ((path.includes('/') && !path.startsWith('/') && !path.startsWith('%')) || isVariable) {
      return refused(
        `starts with ${path}, which is neither a name nor an absolute path (variables and ~ are not put in there)`,
        path,
        'write the whole path of the program',
      );
    }
    if (/(?:^|\/)sh\s+-\w*c\s.*\bset\s+-\w*o\s+pipefail\b/.test(command)) {
      const text =
        'has `set -o pipefail` for sh, which dash of Debian 12 (0.5.12-2) does not know and ends with';
      return [{ why: { text, value: 'sh' }, unsure: true, help: 'write /bin/bash -c', at }];
    }
    if (/["']/.test(withoutQuotes(command)))
      return refused('has a quote that is not closed', '', 'close it, or write \\" for the letter');
    const unknown = [...command.matchAll(/%(.)/g)]
      .map(([, letter = '']) => letter)
      .find(
        (letter, index, all) => /\w/.test(letter) && !SPECIFIERS.includes(letter) && all[index - 1] !== '%',
      );
    return unknown === undefined
      ? []
      : refused(`has %${unknown}, which is no specifier`, '', `write %%${unknown}`);
  });
}

/** A command line without what is quoted and escaped; a quote that is left over is not closed. */
function withoutQuotes(text: string): string {
  return text.replace(/\\./gs, '').replace(/"[^"]*"|'[^']*'/g, '');
}

/** A program that changes the user or the root, started by somebody who may not: `su` asks for a password, the others say EPERM. */
function launcherRefusals(launcher: Located<string> | undefined, keys: UnitKeys): Refusal[] {
  const user = keys.last('User') ?? (keys.isYes('DynamicUser') ? 'a dynamic user' : 'root');
  if (launcher === undefined || mayBeRoot(user) || keys.words('AmbientCapabilities').length > 0) return [];
  // the prefix + starts the command as root
  if (/^[-@:]*\+/.test(keys.last('ExecStart') ?? '')) return [];
  return [
    {
      why: {
        text: `its command starts with ${launcher.value}, which only root may, and runs as ${user}`,
        value: '',
      },
      help: `take ${launcher.value} out, and let User= name who runs the server`,
      at: launcher.at,
    },
  ];
}
