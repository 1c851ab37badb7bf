/**
 * Shell text as simple commands with positions: enough of POSIX sh and bash to find what a script starts. Nothing is
 * run, nothing is expanded here; what is not understood is skipped, never thrown.
 * Source: POSIX.1-2017, Shell Command Language, 2.2 (quoting), 2.3 (tokens), 2.9 (commands).
 */

type WordPart =
  | { kind: 'text'; text: string; quoted: boolean }
  /** `$name`, `${name}`, `${name:-argument}` …; `@`, `*` and digits are the arguments of the script. */
  | { kind: 'variable'; name: string; quoted: boolean; operator?: string; argument?: string }
  /** `$(…)`, `` `…` ``, `$((…))`: known only when it runs. */
  | { kind: 'substitution'; quoted: boolean };

export interface ShellWord {
  parts: readonly WordPart[];
  /** Offsets in the text that was read. */
  start: number;
  end: number;
}

/** What joins a command to the next one. */
type Joint = 'next' | 'and' | 'or' | 'pipe' | 'background';

export interface ShellCommand {
  assignments: readonly { name: string; value: ShellWord }[];
  words: readonly ShellWord[];
  joint: Joint;
  /** In how many `if`, loops, `case`, groups and functions it stands. */
  depth: number;
  /** The function that it stands in. */
  inFunction?: string;
  /** The branches of `case` that it stands in; `earlier` are the patterns before it, which must not match. */
  branches: readonly CaseBranch[];
  /** Its input or output goes elsewhere. */
  redirected: boolean;
  start: number;
  end: number;
}

export interface CaseBranch {
  word: ShellWord;
  patterns: readonly ShellWord[];
  earlier: readonly ShellWord[];
}

/** Words after which another command starts. */
const OPENERS = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '{', '!', 'time']);
const DEEPER = new Set(['if', 'while', 'until', 'for', 'select', 'case', '{', '(']);
const CLOSERS = new Set(['fi', 'done', 'esac', '}', ')']);

/** The simple commands of `text` between the offsets `from` and `to`, in the order of the text. */
export function readShell(text: string, from = 0, to = text.length): ShellCommand[] {
  return new ShellReader(text, from, to).commands();
}

/** The words of one command line, split as a shell does (without redirections); operators end it. */
export function readWords(text: string, from = 0, to = text.length): ShellWord[] {
  return [...(readShell(text, from, to)[0]?.words ?? [])];
}

class ShellReader {
  readonly #text: string;
  readonly #end: number;
  #at: number;
  readonly #heredocs: { delimiter: string; tabs: boolean }[] = [];
  /** A redirection stood since the last command ended. */
  #redirected = false;

  constructor(text: string, from: number, to: number) {
    this.#text = text;
    this.#at = Math.max(0, from);
    this.#end = Math.min(to, text.length);
  }

  commands(): ShellCommand[] {
    const commands: ShellCommand[] = [];
    let words: ShellWord[] = [];
    let depth = 0;
    /** Depths at which functions were opened. */
    const functions: { name: string; depth: number }[] = [];
    let functionName: string | undefined;
    /** `case … in` waits for patterns, which are no commands. */
    let pattern = false;
    let casing = false;
    const cases: CaseBranch[] = [];
    const finish = (joint: Joint) => {
      const command = this.#command(words, joint, depth, functions.at(-1)?.name, cases);
      if (command !== undefined) commands.push(command);
      words = [];
      this.#redirected = false;
    };
    while (this.#at < this.#end) {
      const operator = this.#operator();
      if (operator !== undefined) {
        if (pattern) {
          if (operator === ')') pattern = false;
          words = [];
          continue;
        }
        if (operator === '(') {
          if (words.length === 1 && this.#text.startsWith(')', this.#skipBlanks(this.#at))) {
            this.#at = this.#skipBlanks(this.#at) + 1;
            functionName = plain(words[0]);
            words = [];
            continue;
          }
          finish('next');
          depth++;
          continue;
        }
        finish(jointOf(operator));
        if (operator === ')') depth = Math.max(0, depth - 1);
        if (operator.startsWith(';') && operator !== ';') {
          pattern = true;
          const branch = cases.pop();
          if (branch !== undefined) {
            cases.push({ word: branch.word, patterns: [], earlier: branch.earlier.concat(branch.patterns) });
          }
        }
        continue;
      }
      const word = this.#word();
      if (word === undefined) continue;
      const name = words.length === 0 ? plain(word) : undefined;
      if (pattern) {
        if (name === 'esac') {
          pattern = false;
          depth = Math.max(0, depth - 1);
          cases.pop();
        } else {
          const branch = cases.pop();
          if (branch !== undefined) cases.push({ ...branch, patterns: branch.patterns.concat([word]) });
        }
        continue;
      }
      if (casing && plain(word) === 'in') {
        casing = false;
        pattern = true;
        const [, tested] = words;
        if (tested !== undefined) cases.push({ word: tested, patterns: [], earlier: [] });
        words = [];
        continue;
      }
      if (name !== undefined && (DEEPER.has(name) || OPENERS.has(name) || CLOSERS.has(name))) {
        if (DEEPER.has(name)) depth++;
        if (name === 'esac') cases.pop();
        if (CLOSERS.has(name)) {
          depth = Math.max(0, depth - 1);
          if (functions.length > 0 && depth <= (functions.at(-1)?.depth ?? 0)) functions.pop();
        }
        if (name === '{' && functionName !== undefined) {
          functions.push({ name: functionName, depth: depth - 1 });
          functionName = undefined;
        }
        casing = name === 'case';
        // the words of `for` and `case` are kept together and dropped as a command of their own
        if (name === 'for' || name === 'select' || name === 'case') words.push(word);
        continue;
      }
      if (name === 'function') {
        const named = this.#word();
        functionName = plain(named);
        const next = this.#skipBlanks(this.#at);
        if (/^\(\s*\)/.test(this.#text.slice(next, next + 20))) this.#at = this.#text.indexOf(')', next) + 1;
        continue;
      }
      words.push(word);
    }
    finish('next');
    return commands;
  }

  #command(
    words: readonly ShellWord[],
    joint: Joint,
    depth: number,
    inFunction: string | undefined,
    branches: readonly CaseBranch[],
  ): ShellCommand | undefined {
    const [first] = words;
    const last = words.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const keyword = plain(first);
    if (keyword === 'for' || keyword === 'select' || keyword === 'case') return undefined;
    const assignments: { name: string; value: ShellWord }[] = [];
    let index = 0;
    for (; index < words.length; index++) {
      const assignment = assignmentOf(words[index]);
      if (assignment === undefined) break;
      assignments.push(assignment);
    }
    return {
      assignments,
      words: words.slice(index),
      joint,
      depth,
      ...(inFunction === undefined ? {} : { inFunction }),
      branches: [...branches],
      redirected: this.#redirected,
      start: first.start,
      end: last.end,
    };
  }

  #skipBlanks(at: number): number {
    let next = at;
    while (next < this.#end && /[ \t]/.test(this.#text[next] ?? '')) next++;
    return next;
  }

  /** Passes over blanks, comments, redirections and line continuations; gives the operator that stands here, if any. */
  #operator(): string | undefined {
    for (;;) {
      const character = this.#text[this.#at] ?? '';
      if (this.#at >= this.#end) return '\n';
      if (character === ' ' || character === '\t') {
        this.#at++;
      } else if (character === '\\' && /^\r?\n/.test(this.#text.slice(this.#at + 1, this.#at + 3))) {
        this.#at += this.#text[this.#at + 1] === '\r' ? 3 : 2;
      } else if (character === '#') {
        while (this.#at < this.#end && this.#text[this.#at] !== '\n') this.#at++;
      } else if (character === '\n' || character === '\r') {
        this.#at++;
        if (character === '\n') this.#skipHeredocs();
        return '\n';
      } else {
        const redirection = /^\d*(?:<<-?(?!<)|<<<|>>|&>>?|[<>]&|<>|>\||[<>](?!\())/.exec(
          this.#text.slice(this.#at, Math.min(this.#end, this.#at + 8)),
        );
        if (redirection !== null && redirection[0] !== '') {
          this.#redirected = true;
          this.#at += redirection[0].length;
          this.#at = this.#skipBlanks(this.#at);
          const target = this.#word();
          if (/<<-?$/.test(redirection[0]) && target !== undefined) {
            this.#heredocs.push({ delimiter: plain(target) ?? '', tabs: redirection[0].endsWith('-') });
          }
          continue;
        }
        const operator = /^(?:&&|\|\||;;&?|;&|\|&|[;&|()])/.exec(this.#text.slice(this.#at, this.#at + 3));
        if (operator === null) return undefined;
        this.#at += operator[0].length;
        return operator[0];
      }
    }
  }

  #skipHeredocs(): void {
    for (const { delimiter, tabs } of this.#heredocs.splice(0)) {
      while (this.#at < this.#end) {
        const newline = this.#text.indexOf('\n', this.#at);
        const end = newline === -1 || newline > this.#end ? this.#end : newline;
        const line = this.#text.slice(this.#at, end).replace(/\r$/, '');
        this.#at = Math.min(end + 1, this.#end);
        if ((tabs ? line.replace(/^\t+/, '') : line) === delimiter) break;
      }
    }
  }

  #word(): ShellWord | undefined {
    const start = this.#at;
    const parts: WordPart[] = [];
    const add = (text: string, quoted: boolean) => {
      const last = parts.at(-1);
      if (last?.kind === 'text' && last.quoted === quoted) last.text += text;
      else parts.push({ kind: 'text', text, quoted });
    };
    while (this.#at < this.#end) {
      const character = this.#text[this.#at] ?? '';
      if (/[\s;&|()<>]/.test(character)) break;
      if (character === '\\') {
        const next = this.#text[this.#at + 1] ?? '';
        if (next === '\n' || next === '\r') break;
        add(next, true);
        this.#at += 2;
      } else if (character === "'") {
        const close = this.#text.indexOf("'", this.#at + 1);
        const end = close === -1 || close >= this.#end ? this.#end : close;
        add(this.#text.slice(this.#at + 1, end), true);
        this.#at = end + 1;
      } else if (character === '"') {
        this.#doubleQuoted(parts, add);
      } else if (character === '$' || character === '`') {
        const part = this.#expansion(false);
        if (part === undefined) add('$', false);
        else parts.push(part);
      } else {
        add(character, false);
        this.#at++;
      }
    }
    this.#at = Math.min(this.#at, this.#end);
    if (this.#at === start) {
      // a character that no rule takes (a byte order mark, a form feed): pass over it, so that reading ends
      this.#at++;
      return undefined;
    }
    return { parts, start, end: this.#at };
  }

  #doubleQuoted(parts: WordPart[], add: (text: string, quoted: boolean) => void): void {
    add('', true);
    this.#at++;
    while (this.#at < this.#end) {
      const character = this.#text[this.#at] ?? '';
      if (character === '"') {
        this.#at++;
        return;
      }
      if (character === '\\') {
        const next = this.#text[this.#at + 1] ?? '';
        if (next !== '\n') add(/[$`"\\]/.test(next) ? next : character + next, true);
        this.#at += 2;
      } else if (character === '$' || character === '`') {
        const part = this.#expansion(true);
        if (part === undefined) add('$', true);
        else parts.push(part);
      } else {
        add(character, true);
        this.#at++;
      }
    }
  }

  #expansion(quoted: boolean): WordPart | undefined {
    const rest = this.#text.slice(this.#at, Math.min(this.#end, this.#at + 200));
    if (rest.startsWith('`')) {
      const close = this.#text.indexOf('`', this.#at + 1);
      this.#at = close === -1 || close >= this.#end ? this.#end : close + 1;
      return { kind: 'substitution', quoted };
    }
    if (rest.startsWith('$(')) {
      this.#at = this.#closing(this.#at + 2, '(', ')');
      return { kind: 'substitution', quoted };
    }
    if (rest.startsWith('${')) {
      const from = this.#at + 2;
      this.#at = this.#closing(from, '{', '}');
      const inner = this.#text.slice(from, Math.max(from, this.#at - 1));
      const match = /^([A-Za-z_]\w*|[0-9@*#?$!-])(:?[-=+?])?/.exec(inner);
      if (match === null || (match[2] === undefined && match[0].length !== inner.length)) {
        return { kind: 'substitution', quoted };
      }
      const [whole, name = '', operator] = match;
      return operator === undefined
        ? { kind: 'variable', name, quoted }
        : { kind: 'variable', name, quoted, operator, argument: inner.slice(whole.length) };
    }
    const name = /^\$([A-Za-z_]\w*|[0-9@*#?$!-])/.exec(rest)?.[1];
    this.#at += 1 + (name?.length ?? 0);
    return name === undefined ? undefined : { kind: 'variable', name, quoted };
  }

  /** Offset after the bracket that closes the one before `from`. */
  #closing(from: number, open: string, close: string): number {
    let depth = 1;
    let quote = '';
    for (let at = from; at < this.#end; at++) {
      const character = this.#text[at] ?? '';
      if (character === '\\') at++;
      else if (quote !== '') quote = character === quote ? '' : quote;
      else if (character === "'" || character === '"') quote = character;
      else if (character === open) depth++;
      else if (character === close && --depth === 0) return at + 1;
    }
    return this.#end;
  }
}

function jointOf(operator: string): Joint {
  switch (operator) {
    case '&&':
      return 'and';
    case '||':
      return 'or';
    case '|':
    case '|&':
      return 'pipe';
    case '&':
      return 'background';
    default:
      return 'next';
  }
}

/** The text of a word that needs no expansion; undefined for others. */
function plain(word: ShellWord | undefined): string | undefined {
  let text = '';
  for (const part of word?.parts ?? []) {
    if (part.kind !== 'text') return undefined;
    text += part.text;
  }
  return word === undefined ? undefined : text;
}

function assignmentOf(word: ShellWord | undefined): { name: string; value: ShellWord } | undefined {
  const first = word?.parts[0];
  if (word === undefined || first?.kind !== 'text' || first.quoted) return undefined;
  const match = /^([A-Za-z_]\w*)\+?=/.exec(first.text);
  if (match === null) return undefined;
  const [whole, name = ''] = match;
  return {
    name,
    value: {
      parts: [{ ...first, text: first.text.slice(whole.length) }, ...word.parts.slice(1)],
      start: word.start + whole.length,
      end: word.end,
    },
  };
}

export interface Expansion {
  value: string;
  /** False where a part of it is known only at run time; that part is left out. */
  known: boolean;
}

/** A word with the variables of `variables` put in; defaults (`${A:-b}`) are taken where a variable is not set. */
export function expandWord(word: ShellWord, variables: ReadonlyMap<string, string>): Expansion {
  let value = '';
  let known = true;
  for (const part of word.parts) {
    if (part.kind === 'text') {
      value += part.text;
    } else if (part.kind === 'substitution') {
      known = false;
    } else {
      const text = expandVariable(part, variables);
      if (text === undefined) known = false;
      else value += text;
    }
  }
  return { value, known };
}

function expandVariable(
  part: WordPart & { kind: 'variable' },
  variables: ReadonlyMap<string, string>,
): string | undefined {
  const value = variables.get(part.name);
  const set = value !== undefined && !(part.operator?.startsWith(':') === true && value === '');
  const argument = () => {
    const [word, more] = readWords(`"${(part.argument ?? '').replace(/^(["'])(.*)\1$/s, '$2')}"`);
    // the argument is one word and may hold variables itself; each level is a shorter text
    return word === undefined || more !== undefined ? undefined : expandWord(word, variables);
  };
  switch (part.operator?.at(-1)) {
    case '-':
    case '=': {
      if (set) return value;
      const fallback = argument();
      return fallback?.known === true ? fallback.value : undefined;
    }
    case '+': {
      // with nothing known of the environment, the alternative is taken as not set
      if (!set) return '';
      const alternative = argument();
      return alternative?.known === true ? alternative.value : undefined;
    }
    default:
      return value;
  }
}
