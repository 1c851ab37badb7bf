import type { CoreLimit, Located, Span } from './project.ts';
import { expandWord, type ShellCommand } from './readers/shell.ts';

/** Commands of scripts that start nothing that stays, and are not worth a look. */
export const NEVER_SERVERS = new Set(
  (
    'echo printf test [ [[ ] true false : exit return trap wait sleep read unset alias mkdir chown chmod cp mv rm ln cat touch ' +
    'logger rotatelogs multilog svlogd grep sed awk find ls id whoami hostname date pip pip3 npm yarn apt-get apk curl wget nc pg_isready tar kill pkill set ' +
    'break continue shopt git source which type tail head sort tee mysql psql redis-cli let expr getopts'
  ).split(' '),
);

/**
 * Is it put in the background by a shell that then stays with another program, so that nobody sees its end? Where the
 * shell waits for it, or looks after it in a loop or a trap, it is not.
 */
export function isLeftAlone(command: ShellCommand, commands: readonly ShellCommand[], text: string): boolean {
  if (command.joint !== 'background') return false;
  const after = commands.slice(commands.indexOf(command) + 1).filter((other) => {
    const same = other.branches.every((branch) => command.branches.includes(branch));
    return same && other.inFunction === command.inFunction;
  });
  const lines = after.map((other) => text.slice(other.start, other.end).trim());
  const last = lines.at(-1);
  if (last === undefined || /\b(?:while|until|kill\s+-0|jobs|fg|CHLD)\b/.test(text.slice(command.end)))
    return false;
  const several = commands.filter(({ joint }) => joint === 'background').length > 1;
  if (lines.some((line) => /^wait\s+\S/.test(line) || (line === 'wait' && !several))) return false;
  if (/\btrap\b.*\bCHLD\b/.test(text)) return false;
  return (
    /^(?:exec\s|tail\s+.*-\w*[fF]|sleep\s+inf|wait$)/.test(last) ||
    !NEVER_SERVERS.has(last.split(/\s/)[0] ?? '')
  );
}

/**
 * Is it the last of `bash -c`, which bash then runs in its own place, as by `exec`? Since 5.1 (execute_cmd.c,
 * optimize_connection_fork): a simple command without a redirection, behind `;` or at the end of one list of `&&` and
 * `||`, where no signal is trapped and nothing runs in the background. bash 5.2, zsh 5.9 and busybox 1.35 were seen to do
 * so, dash 0.5.12 and ksh93 not.
 */
export function isRunInPlace(
  command: ShellCommand,
  commands: readonly ShellCommand[],
  text: string,
): boolean {
  const last = commands.length - 1;
  if (commands[last] !== command || command.depth > 0 || command.joint !== 'next' || command.redirected)
    return false;
  const rest = text.slice(command.end);
  if (!/^[ \t]*;?[ \t]*(?:#.*)?\n?$/.test(rest) || /(?:^|[\s;&|({])(?:!|time|coproc)\s/.test(text))
    return false;
  // in the background is what stands before a single &
  if (commands.some(catches) || /(?<![&|><])&(?![&><])/.test(text)) return false;
  // a line that an operator does not continue
  const before =
    text
      .slice(0, command.start)
      .split(/(?<![\\&|]\s*)\n/)
      .at(-1) ?? '';
  const list = before.slice(before.lastIndexOf(';') + 1);
  return !/(?<!\|)\|\s*$/.test(before) && (list === before || !/&&|\|\|/.test(list));
}

/** `trap` with an action; an empty one ignores the signal, `-` sets it back. */
function catches({ words }: ShellCommand): boolean {
  const [name, action] = words.map((word) => expandWord(word, new Map()).value);
  return name === 'trap' && action !== undefined && action !== '' && action !== '-';
}

/** Does a script that gets here end without waiting for anything? */
export function endsAtOnce({ words }: ShellCommand): boolean {
  const [first] = words;
  return first === undefined || /^(?:echo|printf|exit|true|:)$/.test(expandWord(first, new Map()).value);
}

/** What `ulimit` does to the core limit; nothing where it does nothing to it. */
export function limitOf(
  words: readonly Located<string>[],
  command: ShellCommand,
  place: (start: number, end: number) => Span,
  text: string,
): { coreLimit?: CoreLimit } {
  // `ulimit -S -c "$(ulimit -H -c)"`, and bash's `hard`
  const last = command.words.at(-1);
  const source = last === undefined ? '' : text.slice(last.start, last.end);
  if (last !== undefined && /ulimit\s+-H\s*-?c|^["']?hard["']?$/.test(source)) {
    if (words.some(({ value }) => /^-S?c$/.test(value))) {
      const at = place(last.start, last.end);
      return { coreLimit: { soft: 'unknown', at, detail: 'ulimit raises it to the hard limit' } };
    }
    return {};
  }
  let limit: CoreLimit | undefined;
  for (let index = 1; index < words.length; index++) {
    const word = words[index];
    if (word === undefined || !/^-[HS]*c$/.test(word.value)) continue;
    const value = words[index + 1];
    if (word.value.includes('H') && !word.value.includes('S')) continue;
    if (value === undefined) continue;
    // bash and dash count in blocks of 512 bytes in POSIX mode, bash else in 1,024: the number itself hardly matters
    const number = /^\d+$/.test(value.value) ? Number(value.value) * 512 : undefined;
    limit =
      value.value === 'unlimited'
        ? { soft: 'unlimited', at: value.at, detail: 'ulimit -c unlimited' }
        : number === undefined
          ? { soft: 'unknown', at: value.at, detail: `ulimit -c ${value.value}` }
          : { soft: number, at: value.at, detail: `ulimit -c ${value.value}` };
  }
  return limit === undefined ? {} : { coreLimit: limit };
}

/** `*`, `?` and `[…]` as a shell matches them; other characters stand for themselves. */
export function globMatches(pattern: string, value: string): boolean {
  const source = pattern.replace(/\[[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) return /^\[!?[\w-]+\]$/.test(part) ? part.replace('[!', '[^') : '[\\s\\S]';
    return part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`).test(value);
  } catch {
    return false;
  }
}

/** Is it the core in the working directory, by its name or with what else is there? */
export function isCoreHere(path: string, folder: string | undefined): boolean {
  const start = folder === undefined ? '' : `${folder.replace(/\/$/, '')}/`;
  const name = start !== '' && path.startsWith(start) ? path.slice(start.length) : path.replace(/^\.\//, '');
  return /^(?:core|core\*|core\.\*|\*)$/.test(name);
}
