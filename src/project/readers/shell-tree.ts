/**
 * The tree of a short shell text, as much of POSIX.1-2017, Shell Command Language, 2.9 and 2.10, as decides over exit
 * statuses. Words are kept as they stand; nothing is expanded.
 */

export type ShellNode =
  | { kind: 'simple'; words: readonly string[] }
  | { kind: 'list'; items: readonly ListItem[] }
  | { kind: 'and' | 'or'; left: ShellNode; right: ShellNode }
  | { kind: 'pipe'; stages: readonly ShellNode[] }
  | { kind: 'not'; of: ShellNode }
  | { kind: 'subshell'; of: ShellNode }
  | { kind: 'if'; branches: readonly { test: ShellNode; body: ShellNode }[]; otherwise?: ShellNode }
  | { kind: 'while' | 'until'; test: ShellNode; body: ShellNode }
  | { kind: 'for'; body: ShellNode }
  | { kind: 'case'; branches: readonly ShellNode[] }
  | { kind: 'function'; name: string; body: ShellNode };

interface ListItem {
  node: ShellNode;
  background: boolean;
}

/** Undefined where it is not understood: here-documents, arithmetic commands, what is not closed. */
export function readShellTree(text: string): ShellNode | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const reader = new TreeReader(tokens);
  const node = reader.list([]);
  return node === undefined || !reader.done ? undefined : node;
}

interface Token {
  text: string;
  operator: boolean;
}

const WORD = /(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|`[^`]*`|\$\{[^}]*\}|[^\s;&|()<>'"`\\])/y;

/** Redirections are left out: they decide over no status that matters here. */
function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match !== undefined) at += match.length;
    return match;
  };
  /** What stands between brackets, which are at `at`; undefined where they do not close. */
  const bracketed = (): string | undefined => {
    const start = at;
    let depth = 0;
    while (at < text.length) {
      if (text[at] === '(') depth++;
      if (text[at] === ')' && --depth === 0) return text.slice(start, ++at);
      at++;
    }
    return undefined;
  };
  const word = (): string | undefined => {
    let whole = '';
    for (;;) {
      if (text.startsWith('$(', at)) {
        at++;
        const inner = bracketed();
        if (inner === undefined) return undefined;
        whole += `$${inner}`;
        continue;
      }
      const part = take(WORD);
      if (part === undefined) return whole;
      whole += part;
    }
  };
  while (at < text.length) {
    if (take(/[ \t\r]+|\\\n/y) !== undefined || take(/#[^\n]*/y) !== undefined) continue;
    if (text.startsWith('<<', at) && !text.startsWith('<<<', at)) return undefined;
    if (text.startsWith('((', at)) return undefined;
    if (take(/\d*(?:>>|<<<|&>>|&>|>&|<&|>\||<>|>|<)[ \t]*/y) !== undefined) {
      if (/[<>]\(/y.test(text.slice(at - 1, at + 1)) || text[at] === '(') bracketed();
      else if (/^[<>]\(/.test(text.slice(at))) {
        at++;
        bracketed();
      } else word();
      continue;
    }
    const operator = take(/&&|\|\||\|&|;;|;|&|\||\(|\)|\n/y);
    if (operator !== undefined) {
      tokens.push({ text: operator === '\n' ? ';' : operator, operator: true });
      continue;
    }
    const own = word();
    if (own === undefined || own === '') return undefined;
    tokens.push({ text: own, operator: false });
  }
  return tokens;
}

const ENDS = new Set(['then', 'elif', 'else', 'fi', 'do', 'done', 'esac', '}']);

class TreeReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Up to one of the closing words or operators, which is not taken. */
  list(closing: readonly string[]): ShellNode | undefined {
    const items: ListItem[] = [];
    for (;;) {
      while (this.#is(';')) this.#at++;
      const text = this.#tokens[this.#at]?.text;
      if (text === undefined || closing.includes(text) || text === ')' || text === ';;') break;
      if (ENDS.has(text)) return undefined;
      const node = this.#andOr();
      if (node === undefined) return undefined;
      const background = this.#is('&');
      items.push({ node, background });
      if (background || this.#is(';')) this.#at++;
      else break;
    }
    return items.length === 0 ? undefined : { kind: 'list', items };
  }

  #andOr(): ShellNode | undefined {
    let left = this.#pipeline();
    while (left !== undefined && (this.#is('&&') || this.#is('||'))) {
      const kind = this.#is('&&') ? 'and' : 'or';
      this.#at++;
      while (this.#is(';')) this.#at++;
      const right = this.#pipeline();
      left = right === undefined ? undefined : { kind, left, right };
    }
    return left;
  }

  #pipeline(): ShellNode | undefined {
    if (this.#word('time')) return this.#pipeline();
    if (this.#word('!')) {
      const of = this.#pipeline();
      return of === undefined ? undefined : { kind: 'not', of };
    }
    const stages: ShellNode[] = [];
    do {
      while (this.#is(';')) this.#at++;
      const stage = this.#command();
      if (stage === undefined) return undefined;
      stages.push(stage);
    } while (this.#operator('|') || this.#operator('|&'));
    const [only] = stages;
    return stages.length === 1 ? only : { kind: 'pipe', stages };
  }

  #command(): ShellNode | undefined {
    if (this.#operator('(')) {
      const of = this.list([]);
      return of !== undefined && this.#operator(')') ? { kind: 'subshell', of } : undefined;
    }
    if (this.#word('{')) return this.#closed(['}']);
    if (this.#word('if')) return this.#if();
    if (this.#word('while')) return this.#loop('while');
    if (this.#word('until')) return this.#loop('until');
    if (this.#word('for')) {
      while (!this.done && !this.#is('do')) this.#at++;
      const body = this.#word('do') ? this.#closed(['done']) : undefined;
      return body === undefined ? undefined : { kind: 'for', body };
    }
    if (this.#word('case')) return this.#case();
    const [name, open, close] = this.#tokens.slice(this.#at, this.#at + 3);
    if (name?.operator === false && open?.text === '(' && close?.text === ')') {
      this.#at += 3;
      while (this.#is(';')) this.#at++;
      const body = this.#command();
      return body === undefined ? undefined : { kind: 'function', name: name.text, body };
    }
    const words: string[] = [];
    for (let token = this.#tokens[this.#at]; token?.operator === false; token = this.#tokens[this.#at]) {
      words.push(token.text);
      this.#at++;
    }
    return words.length === 0 ? undefined : { kind: 'simple', words };
  }

  #if(): ShellNode | undefined {
    const branches: { test: ShellNode; body: ShellNode }[] = [];
    do {
      const test = this.list(['then']);
      if (test === undefined || !this.#word('then')) return undefined;
      const body = this.list(['elif', 'else', 'fi']);
      if (body === undefined) return undefined;
      branches.push({ test, body });
    } while (this.#word('elif'));
    if (this.#word('fi')) return { kind: 'if', branches };
    const otherwise = this.#word('else') ? this.#closed(['fi']) : undefined;
    return otherwise === undefined ? undefined : { kind: 'if', branches, otherwise };
  }

  #loop(kind: 'while' | 'until'): ShellNode | undefined {
    const test = this.list(['do']);
    const body = test !== undefined && this.#word('do') ? this.#closed(['done']) : undefined;
    return test === undefined || body === undefined ? undefined : { kind, test, body };
  }

  #case(): ShellNode | undefined {
    while (!this.done && !this.#is('in')) this.#at++;
    this.#at++;
    const branches: ShellNode[] = [];
    for (;;) {
      while (this.#is(';')) this.#at++;
      if (this.#word('esac')) return { kind: 'case', branches };
      while (!this.done && !this.#is(')')) this.#at++;
      if (!this.#operator(')')) return undefined;
      const body = this.list(['esac']);
      if (body !== undefined) branches.push(body);
      while (this.#is(';;')) this.#at++;
    }
  }

  #closed(closing: readonly string[]): ShellNode | undefined {
    const list = this.list(closing);
    if (list === undefined || !closing.includes(this.#tokens[this.#at]?.text ?? '')) return undefined;
    this.#at++;
    return list;
  }

  #is(text: string): boolean {
    return this.#tokens[this.#at]?.text === text;
  }

  #word(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.operator !== false || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #operator(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.operator !== true || token.text !== text) return false;
    this.#at++;
    return true;
  }
}
