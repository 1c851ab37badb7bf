import { readShellTree, type ShellNode } from './readers/shell-tree.ts';

/**
 * What decides the exit status of a shell's script instead of the program `argv` in it, so that it is 0 where the program
 * aborts, e.g. `| cat`; undefined where the program's own status or another failure gets through, and where that cannot be
 * told (POSIX.1, Shell Command Language, 2.8.1 and 2.9). `errexit`: started as `sh -e`.
 */
export function hiddenStatus(script: string, argv: readonly string[], errexit: boolean): string | undefined {
  const end = endOf(script, argv, errexit);
  return end?.status === 0 ? end.after : undefined;
}

/** What ends the shell itself by SIGTERM or another signal that is a request to end, e.g. `; kill $$`; undefined where nothing does. */
export function ownSignal(script: string, argv: readonly string[], errexit: boolean): string | undefined {
  const end = endOf(script, argv, errexit);
  return end?.status === 'terminated' ? end.after : undefined;
}

function endOf(
  script: string,
  argv: readonly string[],
  errexit: boolean,
): { status: Status | 'gone'; after: string } | undefined {
  const target = argv.findLast((word) => word.length > 2 && script.includes(word));
  const tree = target === undefined ? undefined : readShellTree(script);
  if (target === undefined || tree === undefined) return undefined;
  const run = new Run(target, errexit);
  const status = run.script(tree);
  return run.started ? { status, after: whatHides(script, target) ?? 'the rest of the script' } : undefined;
}

/** What follows the program, for people; undefined where nothing does. */
function whatHides(script: string, last: string): string | undefined {
  const from = script.lastIndexOf(last);
  const rest = from === -1 ? '' : script.slice(from + last.length);
  const [, operator = '', next = ''] = /^[\s"']*(;|\|\|?|&&?)\s*(.*)$/s.exec(rest) ?? [];
  return next === '' ? undefined : `${operator} ${next.trim()}`;
}

/** The shell's view of SIGABRT. */
const ABORTED = 134;

/** Commands that succeed nearly always; others are only taken for successful where nothing is decided by it. */
const SUCCEED = new Set('true : echo printf cat cd export ulimit umask sleep logger mkdir rm'.split(' '));

/** `unknown`: only the running script knows it. `terminated`: the shell has ended itself by a signal. */
type Status = number | 'unknown' | 'terminated';

/** Signals that ask for an end, by name and number (systemd.service(5), SuccessExitStatus=). */
const REQUESTS = /^-?(?:SIG)?(?:HUP|INT|PIPE|TERM|1|2|13|15)$/;

/** The script ended here; `gone` where another program took its place by exec. */
class Ended extends Error {
  readonly status: Status | 'gone';

  constructor(status: Status | 'gone') {
    super();
    this.status = status;
  }
}

/** `kill $$`, `kill -TERM 0`: the shell or its process group, which it is in. */
function endsOwnShell(words: readonly string[]): boolean {
  const [option = ''] = words;
  const signal = option === '-s' || option === '-n' ? words[1] : option.startsWith('-') ? option : 'TERM';
  return REQUESTS.test(signal ?? '') && words.some((word) => /^"?(?:\$\$|0)"?$/.test(word));
}

/** One run of a script in which the program ends by SIGABRT, and other commands succeed as far as nothing else is known. */
class Run {
  started = false;
  readonly #target: string;
  readonly #functions = new Map<string, ShellNode>();
  readonly #variables = new Map<string, Status>();
  #errexit: boolean;
  #pipefail = false;
  #last: Status = 0;
  /** Statuses of a pipeline's stages (bash). */
  #stages: readonly Status[] = [];
  #background: Status = 0;
  #atExit: string | undefined;
  #atError: string | undefined;
  /** Inside of a condition, where errexit and ERR do not count. */
  #tested = 0;

  constructor(target: string, errexit: boolean) {
    this.#target = target;
    this.#errexit = errexit;
  }

  script(tree: ShellNode): Status | 'gone' {
    const status = this.#until(() => this.#node(tree));
    if (status === 'gone' || this.#atExit === undefined) return status;
    const trap = readShellTree(this.#atExit);
    this.#atExit = undefined;
    if (trap === undefined) return 'unknown';
    try {
      this.#node(trap);
      return status;
    } catch (error) {
      if (error instanceof Ended) return error.status;
      throw error;
    }
  }

  #until(run: () => Status): Status | 'gone' {
    try {
      return run();
    } catch (error) {
      if (error instanceof Ended) return error.status;
      throw error;
    }
  }

  #node(node: ShellNode): Status {
    switch (node.kind) {
      case 'simple':
        return this.#failed((this.#last = this.#simple(node.words)));
      case 'list':
        return (this.#last = this.#list(node.items));
      case 'and': {
        const left = this.#condition(node.left);
        const runs = left === 0 || (left === 'unknown' && this.#has(node.right));
        if (!runs && left === 'unknown') return (this.#last = 'unknown');
        return (this.#last = runs ? this.#node(node.right) : left);
      }
      case 'or': {
        const left = this.#condition(node.left);
        const runs = left === 'unknown' ? this.#has(node.right) : left !== 0;
        if (!runs && left === 'unknown') return (this.#last = 'unknown');
        return (this.#last = runs ? this.#node(node.right) : left);
      }
      case 'not': {
        const status = this.#condition(node.of);
        return (this.#last = status === 'unknown' ? status : status === 0 ? 1 : 0);
      }
      case 'pipe': {
        const all = node.stages.map((stage) => this.#subshell(stage));
        this.#stages = all;
        const end = all.at(-1) ?? 0;
        const failed = all.findLast((status) => status !== 0);
        return this.#failed((this.#last = this.#pipefail ? (failed ?? 0) : end));
      }
      case 'subshell':
        return this.#failed((this.#last = this.#subshell(node.of)));
      case 'function':
        this.#functions.set(node.name, node.body);
        return (this.#last = 0);
      case 'for':
        return (this.#last = this.#node(node.body));
      case 'case': {
        const branch = node.branches.find((one) => this.#has(one));
        return (this.#last = branch === undefined ? 'unknown' : this.#node(branch));
      }
      case 'if':
        return (this.#last = this.#if(node));
      case 'while':
      case 'until':
        return (this.#last = this.#loop(node));
    }
  }

  #list(items: readonly { node: ShellNode; background: boolean }[]): Status {
    let status: Status = 0;
    for (const { node, background } of items) {
      if (background) {
        this.#background = this.#subshell(node);
        status = this.#last = 0;
      } else status = this.#node(node);
    }
    return status;
  }

  #if({ branches, otherwise }: ShellNode & { kind: 'if' }): Status {
    for (const { test, body } of branches) {
      const status = this.#condition(test);
      if (status === 0 || (status === 'unknown' && this.#has(body))) return this.#node(body);
      if (status === 'unknown' && !(otherwise !== undefined && this.#has(otherwise))) return 'unknown';
    }
    return otherwise === undefined ? 0 : this.#node(otherwise);
  }

  /** A loop that starts the program again is a supervisor by itself. */
  #loop({ kind, test, body }: ShellNode & { kind: 'while' | 'until' }): Status {
    const status = this.#condition(test);
    if (status === 'unknown') return 'unknown';
    if ((status === 0) !== (kind === 'while')) return 0;
    this.#node(body);
    throw new Ended('unknown');
  }

  #condition(node: ShellNode): Status {
    this.#tested++;
    try {
      return this.#node(node);
    } finally {
      this.#tested--;
    }
  }

  /** What it sets ends with it. */
  #subshell(node: ShellNode): Status {
    const [errexit, pipefail, last] = [this.#errexit, this.#pipefail, this.#last];
    const status = this.#until(() => this.#node(node));
    this.#errexit = errexit;
    this.#pipefail = pipefail;
    this.#last = last;
    if (status === 'terminated') throw new Ended(status);
    // what took the place of a subshell ends as the program does
    return status === 'gone' ? ABORTED : status;
  }

  #failed(status: Status): Status {
    if (status === 0 || status === 'unknown' || this.#tested > 0) return status;
    if (this.#atError !== undefined) {
      const trap = readShellTree(this.#atError);
      this.#atError = undefined;
      if (trap === undefined) throw new Ended('unknown');
      this.#node(trap);
    }
    if (this.#errexit) throw new Ended(status);
    return status;
  }

  #simple(all: readonly string[]): Status {
    const assigned = all.findIndex((word) => !/^\w+=/.test(word));
    const words = assigned === -1 ? [] : all.slice(assigned);
    if (words.length === 0) {
      for (const word of all) {
        const [name = '', value = ''] = word.split('=');
        this.#variables.set(name, this.#value(value));
      }
      return 0;
    }
    const [name = '', first = ''] = words.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));
    const body = this.#functions.get(name);
    if (body !== undefined) return this.#node(body);
    switch (name) {
      case 'exit':
      case 'return':
        throw new Ended(first === '' ? this.#last : this.#value(first));
      case 'set':
        if (words.slice(1).some((word) => /^-\w*e/.test(word))) this.#errexit = true;
        if (words.includes('+e')) this.#errexit = false;
        if (words.includes('pipefail')) this.#pipefail = true;
        return 0;
      case 'trap':
        if (words.slice(2).some((word) => /^(?:EXIT|0)$/.test(word))) this.#atExit = first;
        if (words.slice(2).includes('ERR')) this.#atError = first;
        return 0;
      case 'wait':
        return first === '' ? 0 : this.#background;
      case 'fg':
        return this.#background;
      case 'coproc':
        this.#background = this.#simple(words.slice(1));
        return 0;
      case 'false':
        return 1;
      case 'test':
      case '[':
      case '[[':
        return 'unknown';
      case 'kill':
        if (this.started && endsOwnShell(words.slice(1))) throw new Ended('terminated');
        return 'unknown';
    }
    if (!words.some((word) => word.includes(this.#target)) || /^(?:echo|printf|export|logger)$/.test(name))
      return this.#tested > 0 && !SUCCEED.has(name) ? 'unknown' : 0;
    this.started = true;
    const replaces = name === 'exec' || (name === 'eval' && /^exec\s/.test(first));
    if (replaces) throw new Ended('gone');
    return ABORTED;
  }

  /** `$?`, a number, or what was assigned from one. */
  #value(text: string): Status {
    const plain = text.replaceAll('"', '');
    if (/^\d+$/.test(plain)) return Number(plain) % 256;
    if (plain === '$?') return this.#last;
    const stage = /^\$\{PIPESTATUS\[(\d+)\]\}$/.exec(plain)?.[1];
    if (stage !== undefined) return this.#stages[Number(stage)] ?? 'unknown';
    const name = /^\$\{?(\w+)\}?$/.exec(plain)?.[1];
    return (name === undefined ? undefined : this.#variables.get(name)) ?? 'unknown';
  }

  /** Does the program start somewhere in it? */
  #has(node: ShellNode): boolean {
    return JSON.stringify(node).includes(JSON.stringify(this.#target).slice(1, -1));
  }
}
