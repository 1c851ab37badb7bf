/**
 * What decides the exit status of a command line `sh -c '…'` instead of the program `argv` in it, e.g. `| cat`; undefined
 * where the program's own status gets through, or where that cannot be told (POSIX.1, Shell Command Language, 2.9).
 */
export function hiddenStatus(commandLine: string, argv: readonly string[]): string | undefined {
  const last = argv.at(-1);
  const script = /\s-\w*c\s+(["'])(.*)\1\s*$/s.exec(commandLine)?.[2];
  if (last === undefined || script === undefined) return undefined;
  const from = script.lastIndexOf(last);
  return from === -1 ? undefined : whatHides(script, script.slice(from + last.length));
}

/** What follows the program and decides the shell's exit status. */
function whatHides(script: string, rest: string): string | undefined {
  const [, operator = '', next = ''] = /^[\s"']*(;|\|\|?)\s*(.*)$/s.exec(rest) ?? [];
  if (next === '' || /\bpipefail\b/.test(script)) return undefined;
  // a status that is passed on, or another failure, is one that systemd sees
  if (operator !== '|' && /^(?:exit(?:\s+(?:\$\?|[1-9]\d*))?|false)\s*$/.test(next)) return undefined;
  // `;` and then a list of several commands: only its last one counts, which is not looked into
  if (/[;&|]|\bset\s+-\w*e|\bexit\b/.test(next) || /\bset\s+-\w*e/.test(script)) return undefined;
  return `${operator} ${next.trim()}`;
}
