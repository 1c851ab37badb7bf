import type { Rule } from './rule.ts';
import { unitServices } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC024',
  slug: 'exit-code-swallowed',
  level: 'warning',
  summary:
    'the shell in front of the server ends with the status of another command, so a crash counts as success',
  check: (project) =>
    unitServices(project).flatMap(({ service, keys }) => {
      // on-abnormal and on-abort are left down behind any shell (PYC011); always does not look at the status
      if (keys.last('Restart') !== 'on-failure' || service.command?.value.behindShell !== true) return [];
      const start = keys.entry('ExecStart');
      const last = service.command.value.argv.at(-1);
      const script = /\s-\w*c\s+(["'])(.*)\1\s*$/s.exec(start?.value ?? '')?.[2];
      if (start === undefined || last === undefined || script === undefined) return [];
      const from = script.lastIndexOf(last);
      const hider = from === -1 ? undefined : whatHides(script, script.slice(from + last.length));
      if (hider === undefined) return [];
      return [
        {
          confidence: 'medium',
          message: `the shell goes on after the server (${hider}) and ends with the status of that: an abort looks like success, and Restart=on-failure leaves ${service.name} down`,
          help: 'start the server with `exec` as the last command, or write Restart=always',
          at: start.at,
        },
      ];
    }),
};

/** What follows the server and decides the shell's exit status (POSIX.1, 2.9: lists and pipelines). */
function whatHides(script: string, rest: string): string | undefined {
  const [, operator = '', next = ''] = /^[\s"']*(;|\|\|?)\s*(.*)$/s.exec(rest) ?? [];
  if (next === '' || /\bpipefail\b/.test(script)) return undefined;
  // a status that is passed on, or another failure, is one that systemd sees
  if (operator !== '|' && /^(?:exit(?:\s+(?:\$\?|[1-9]\d*))?|false)\s*$/.test(next)) return undefined;
  // `;` and then a list of several commands: only its last one counts, which is not looked into
  if (/[;&|]|\bset\s+-\w*e|\bexit\b/.test(next) || /\bset\s+-\w*e/.test(script)) return undefined;
  return `${operator} ${next.trim()}`;
}
