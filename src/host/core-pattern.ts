/** `kernel.core_pattern` taken apart; see core(5). */
export type CorePattern =
  | { kind: 'none' }
  /** A path or a name; `uses` are its `%` tokens. Without a leading `/` it is relative to the process's cwd. */
  | { kind: 'file'; template: string; absolute: boolean; tokens: string[]; unknownTokens: string[] }
  /** Piped to a program, which runs in the initial namespaces as root. */
  | { kind: 'pipe'; program: string; arguments: string[]; handler: CoreHandler }
  /** `@/path`: sent to an AF_UNIX socket, since Linux 6.16. */
  | { kind: 'socket'; path: string };

/** `none`: a program that reads nothing and keeps nothing. */
type CoreHandler = 'none' | 'systemd-coredump' | 'apport' | 'abrt' | 'wsl' | 'corekeeper' | 'unknown';

// core(5) and fs/coredump.c; F is from Linux 6.16.
const TOKENS = 'cdeEfFghiIpPstu%C';

const HANDLERS: readonly [RegExp, CoreHandler][] = [
  // systemd sets |/bin/false at boot, so that nothing is written before systemd-coredump is there
  // (src/core/main.c, initialize_core_pattern); administrators set it to have no cores
  [/^(?:\/usr)?\/bin\/(?:true|false)$/, 'none'],
  [/\/systemd-coredump$/, 'systemd-coredump'],
  [/\/apport$/, 'apport'],
  [/\/abrt-hook-ccpp$/, 'abrt'],
  [/\/wsl-capture-crash$|^\/wsl\//, 'wsl'],
  [/\/corekeeper\b/, 'corekeeper'],
];

/** Reads the text of `/proc/sys/kernel/core_pattern`. */
export function parseCorePattern(text: string): CorePattern {
  const pattern = text.replace(/\n$/, '');
  if (pattern === '') return { kind: 'none' };
  if (pattern.startsWith('|')) {
    const [program = '', ...rest] = pattern.slice(1).trim().split(/\s+/);
    // A handler in another namespace is called through nsenter: the program after `--` is the one that counts.
    const separator = rest.indexOf('--');
    const named = program.endsWith('/nsenter') && separator >= 0 ? (rest[separator + 1] ?? program) : program;
    const handler = HANDLERS.find(([shape]) => shape.test(named))?.[1] ?? 'unknown';
    return { kind: 'pipe', program, arguments: rest, handler };
  }
  if (pattern.startsWith('@')) return { kind: 'socket', path: pattern.replace(/^@+/, '') };
  const tokens = [...pattern.matchAll(/%(.?)/gs)].map(([, token = '']) => token);
  return {
    kind: 'file',
    template: pattern,
    absolute: pattern.startsWith('/'),
    tokens: tokens.filter((token) => token !== '%'),
    unknownTokens: tokens.filter((token) => token === '' || !TOKENS.includes(token)),
  };
}

/** Where the kernel writes cores by itself: with an empty pattern and core_uses_pid they are named `.PID` (core(5)). */
export function writtenPattern(pattern: CorePattern, usesPid: boolean): CorePattern {
  return pattern.kind === 'none' && usesPid
    ? { kind: 'file', template: '', absolute: false, tokens: [], unknownTokens: [] }
    : pattern;
}

/** Has each core a name of its own, or does the next one of a folder overwrite it? `usesPid` is `kernel.core_uses_pid`. */
export function namesEachCore(pattern: CorePattern, usesPid: boolean): boolean {
  return usesPid || (pattern.kind === 'file' && pattern.tokens.some((token) => 'pPiIt'.includes(token)));
}

/** What the kernel knows of a process when it names its core. */
export interface DumpedProcess {
  pid: number;
  uid: number;
  gid: number;
  /** `comm`: 15 bytes of the program's or thread's name. */
  name: string;
  executable: string;
  hostname: string;
  signal: number;
  /** Seconds since the epoch. */
  time: number;
}

/**
 * The name that the kernel gives a core of that process, as in format_corename of fs/coredump.c.
 *
 * `usesPid` is `kernel.core_uses_pid`: it appends `.PID` only where the pattern has no `%p`.
 * Tokens that depend on more than `process` become `*`, so that the result is a glob.
 */
export function coreName(template: string, process: DumpedProcess, usesPid: boolean): string {
  const values: Record<string, string> = {
    '%': '%',
    p: String(process.pid),
    P: String(process.pid),
    u: String(process.uid),
    g: String(process.gid),
    s: String(process.signal),
    t: String(process.time),
    h: process.hostname,
    // `/` cannot stand in a name: the kernel writes `!` instead
    e: process.name.replaceAll('/', '!'),
    E: process.executable.replaceAll('/', '!'),
  };
  const name = template.replaceAll(/%(.)/gs, (_, token: string) => values[token] ?? '*');
  return usesPid && !/%p/.test(template.replaceAll('%%', '')) ? `${name}.${process.pid}` : name;
}
