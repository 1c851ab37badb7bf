import type { PythonChild, PythonValue } from '../../core/python/value.ts';
import { isIdentifier, isMadeUp, isNoWord, isPlaceholder, isTelling, looksRandom } from './looks.ts';
import {
  isKnownName,
  isLabel,
  judgeClass,
  judgeName,
  mayHide,
  mayName,
  wordsOf,
  type NameKind,
} from './names.ts';
import { COMMAND, secretWords } from './texts/command-words.ts';
import { placeholderKinds } from './texts/placeholders.ts';
import { isSecretText, isSentence } from './texts/values.ts';

/** A value that is not shown, or only a part of one. */
export interface Hidden {
  value: PythonValue;
  kind: NameKind;
  /** Of a text: from here on only. */
  from?: number;
}

/**
 * Finds the values that are secrets because of the names in the tree that they lie in: keys, attributes, pairs, rows of
 * name and value, argument vectors. The same for the values of the process and for the literals inside of texts.
 */
export function hiddenIn(root: PythonValue, name: string | undefined): Hidden[] {
  const found: Hidden[] = [];
  new Tree(found).visit(root, name === undefined ? 'plain' : judgeName(name), name);
  return found;
}

/** What a name's value is called in rows of name and value. */
const ROW_NAME =
  /^_?(?:name|key|field|header|k|id|label|option|setting|param|parameter|variable|var|attr|attribute|property|prop|title|column|slug|code|loc)$/i;
const ROW_VALUE =
  /^_?(?:coded_value|value|val|v|data|content|contents|default|text|string|current|initial|raw|setting_value|body|payload)s?$/i;

/** What is in a dict that is called so says something about its keys: `errors['password']`, `widgets['token']`. */
const DESCRIBES =
  /(?:^|_)(?:errors?|messages?|labels?|help_texts?|widgets?|types?|schemas?|properties|fields?|validators?|choices|placeholders?|annotations|definitions|hints?|columns?|descriptions?|permissions?|validation|lengths|limits|counts|sizes|changed|translations?|titles?|attrs)$/i;

/** `{'type': 'string', 'minLength': 8}`: a schema and not what it describes. */
function isDescription(children: readonly PythonChild[]): boolean {
  return (
    children.some((child) => {
      const called = nameOf(child);
      return (called === 'type' || called === '$ref' || called === 'title') && isPlainWord(child.value);
    }) && !children.some((child) => ROW_VALUE.test(nameOf(child) ?? ''))
  );
}

/** A tuple that is called so ends in the password: of requests, httpx, netrc (user, account, password). */
const LOGIN =
  /(?:^|_)(?:auth|login|logon|signin|userpass|user_pass|netrc|basic)(?:_(?:tuple|pair|args|entry|info))?$/i;
const MOST_ROWS = 1000;
const MOST_HEADS = 4;
/** So many texts are near each other. */
const MOST_NEAR = 12;

class Tree {
  readonly #found: Hidden[];

  constructor(found: Hidden[]) {
    this.#found = found;
  }

  /** `kind`: what the names above say; `name`: the one right above. */
  visit(value: PythonValue, by: NameKind, name?: string): void {
    const { children } = value;
    // <Setting.DB_PASSWORD: 'x'>
    const member = children?.length === 1 && by !== 'strong' ? enumName(value) : undefined;
    const only = children?.[0];
    if (member !== undefined && only !== undefined && isItem(only) && mayHide(judgeName(member)))
      return this.visit(only.value, judgeName(member), member);
    const kind = children !== undefined && isVector(children) ? 'plain' : withClass(by, value);
    if (children === undefined) return this.#leaf(value, kind, name);
    if (children.length === 0 && value.truncated !== true) return;
    const description = isDescription(children);
    const whole = isPlainContainer(value) || (judgeClass(value.type) === 'strong' && children.every(isKeyed));
    if (kind === 'strong' && whole && !description) {
      if (!onlyNothing(value)) this.#found.push({ value, kind });
      return;
    }
    if (this.#pair(value, children, name)) return;
    const row = rowOf(children);
    const secret = isSecretObject(children);
    const described = name !== undefined && DESCRIBES.test(name);
    const inherited =
      description || kind === 'plain' || kind === 'about'
        ? 'plain'
        : kind === 'strong' || (kind === 'weak' && /tok(?:en)?s$/i.test(name ?? ''))
          ? 'weak'
          : 'doubtful';
    const items = kind === 'about' ? 'plain' : kind === 'strong' ? 'weak' : kind;
    this.#vector(children);
    this.#fallback(children);
    this.#columns(children);
    this.#near(children);
    this.#arguments(children);
    for (const child of children) {
      const called = nameOf(child);
      if (child.key !== undefined) this.visit(child.key, 'plain');
      if (called === undefined) {
        this.visit(child.value, items, name);
        continue;
      }
      const judged = kindOfName(child, called);
      const own =
        secret && /^(?:data|string_?data)$/i.test(called)
          ? 'strong'
          : described && mayHide(judged)
            ? 'doubtful'
            : judged;
      if (
        row !== undefined &&
        (row.value === undefined ? isRowValue(called) && child !== row.name : child === row.value)
      )
        this.visit(child.value, row.kind, called);
      else if (own !== 'plain' && !(row === undefined && kind !== 'plain' && ROW_VALUE.test(called)))
        this.visit(child.value, own, called);
      else if (inherited !== 'plain' && ROW_VALUE.test(called))
        this.visit(child.value, kind === 'doubtful' ? 'doubtful' : kind === by ? 'weak' : kind, called);
      else
        this.visit(
          child.value,
          inherited === 'weak' && isPlainWord(child.value) ? 'doubtful' : inherited,
          called,
        );
    }
  }

  #leaf(value: PythonValue, kind: NameKind, name: string | undefined): void {
    // a bare word in the brackets of a text: `Authorization: [Filtered]`
    if (value.type === 'word' && !looksRandom(value.text ?? '')) return;
    if (
      !mayHide(kind) ||
      (/^tokens?$/.test(name ?? '') && isWordOfLanguage(value) && !isNoWord(value.string ?? ''))
    )
      return;
    if (value.string !== undefined) {
      if (isSecretText(kind, value.string, name)) this.#found.push({ value, kind });
      return;
    }
    const text = value.text ?? '';
    if (isNumber(text)) {
      // an OTP, a PIN, a card: but `0` and `1` are flags
      if (kind === 'person' || (kind === 'strong' && text.replaceAll(/\D/g, '').length > 2))
        this.#found.push({ value, kind });
      else if (kind === 'weak' && /^\d{6,}$/.test(text)) this.#found.push({ value, kind });
      return;
    }
    if ((kind === 'strong' || kind === 'weak' || kind === 'person') && !saysNothing(text))
      this.#found.push({ value, kind });
  }

  /** `('password', 'x')`: how headers, cookies, forms and items are passed around; `auth=('user', 'x')`. Some have a name twice. */
  #pair(value: PythonValue, children: readonly PythonChild[], name: string | undefined): boolean {
    const [first, ...rest] = children;
    const second = rest.pop();
    if (first === undefined || second === undefined || !isItem(first) || !isItem(second)) return false;
    // httpx: (b'X-Api-Key', b'x-api-key', b'x')
    const login = name !== undefined && value.type === 'tuple' && LOGIN.test(name);
    if (rest.length > 1) return false;
    const middle = rest[0]?.value;
    if (middle !== undefined && !isSameName(first.value, middle) && !(login && middle.text === 'None'))
      return false;
    const called = first.value.string ?? enumName(first.value);
    if (called === undefined) return false;
    if (/^[^\s./\\%?={}()][^/\\\n%?={}()]{0,99}$/.test(called)) {
      const kind = judgeName(called);
      if (mayHide(kind)) {
        // two names beside each other are a list of names
        const other = second.value.string;
        const names = other !== undefined && value.type === 'list' && isNameLike(other) && isKnownName(other);
        if (names) return false;
        this.visit(second.value, kind, called);
        return true;
      }
    }
    // requests and httpx: auth=(user, password)
    if (name !== undefined && (/(?:^|_)auth$/i.test(name) || login) && second.value.string !== undefined) {
      if (!isPlaceholder(second.value.string)) this.#found.push({ value: second.value, kind: 'strong' });
      return true;
    }
    return false;
  }

  /**
   * Names in one list and values in another, whatever these are called: `(['user', 'password'], ['ada', 'x'])`,
   * `{'columns': ['id', 'pw'], 'rows': [[1, 'x']]}`, a list of rows with a head, `cursor.description`.
   */
  #columns(children: readonly PythonChild[]): void {
    if (children.length < 2 || children.length > MOST_ROWS) return;
    for (const [head, { value: header }] of children.slice(0, MOST_HEADS).entries()) {
      const names = namesIn(header);
      if (names?.some((name) => mayHide(judgeName(name))) !== true) continue;
      // of `('authorization', 'Bearer x')` the second is no name: a pair among pairs, as ASGI has its headers
      if (names.length === 2 && !names.every((name) => isNameLike(name) && isKnownName(name))) continue;
      for (const [at, { value }] of children.entries()) {
        if (at === head || value.children === undefined) continue;
        const rows = value.children.some((each) => each.value.children !== undefined)
          ? value.children.map((each) => each.value)
          : [value];
        for (const { children: cells } of rows) {
          if (cells?.length !== names.length || !cells.every(isItem)) continue;
          if (
            cells.every((cell) => isNameLike(cell.value.string ?? '') && isKnownName(cell.value.string ?? ''))
          )
            continue;
          for (const [column, cell] of cells.entries()) {
            const name = names[column] ?? '';
            this.visit(cell.value, judgeName(name), name);
          }
        }
      }
    }
  }

  /**
   * A name that stands beside what it names, in a way that is not known: `{'op': 'replace', 'path': '/password', 'value': 'x'}`,
   * `{'func': 'set_password', 'args': ['ada', 'x']}`. What no language has a word for is hidden there.
   */
  #near(children: readonly PythonChild[]): void {
    const leaves: { value: PythonValue; name: string | undefined }[] = [];
    const collect = (of: readonly PythonChild[], depth: number, above: string | undefined): void => {
      for (const child of of) {
        if (leaves.length > MOST_NEAR) return;
        const name = nameOf(child) ?? above;
        if (child.value.string !== undefined) leaves.push({ value: child.value, name });
        else if (depth > 0 && child.value.children !== undefined)
          collect(child.value.children, depth - 1, name);
      }
    };
    collect(children, 2, undefined);
    if (leaves.length < 2 || leaves.length > MOST_NEAR) return;
    const naming = leaves.find(
      ({ value, name }) =>
        !/^(?:msg|message|error|detail)s?$/i.test(name ?? '') && isSecretName(value.string ?? ''),
    );
    if (naming === undefined) return;
    for (const { value, name } of leaves) {
      const text = value.string ?? '';
      if (value === naming.value || (name !== undefined && isLabel(name) && !/^(?:path|name)$/.test(name)))
        continue;
      if (name !== undefined && judgeName(name) === 'about') continue;
      if (isMadeUp(text) && !isIdentifier(text) && !isSecretName(text))
        this.#found.push({ value, kind: 'weak' });
    }
  }

  /** `env('SECRET_KEY', default='x')`, `add_argument('--token', default='x')`. */
  #fallback(children: readonly PythonChild[]): void {
    const called = children[0]?.value.string;
    if (called === undefined || children.length < 2 || children.length > 20) return;
    const kind = judgeName(called.replace(/^-+/, ''));
    if (!mayHide(kind)) return;
    for (const { name, value } of children) if (name === 'default') this.visit(value, kind, called);
  }

  /** `('SET password=? WHERE id=?', ('x', 3))`, a LogRecord: the names are before the places in the text. */
  #arguments(children: readonly PythonChild[]): void {
    if (!children.some(({ value }) => value.children?.some(isItem) === true)) return;
    const kinds = children
      .slice(0, 10)
      .map(({ value }) => (value.string === undefined ? [] : placeholderKinds(value.string)))
      .find((each) => each.some(mayHide));
    if (kinds === undefined) return;
    for (const { value, name } of children) {
      const row = value.children;
      if (row === undefined || (name !== undefined && !/^(?:args|params|parameters)$/.test(name))) continue;
      for (const [at, child] of row.entries()) {
        const kind = row.length === kinds.length ? kinds[at] : kinds.find(mayHide);
        if (isItem(child) && kind !== undefined) this.visit(child.value, kind);
      }
    }
  }

  /** The words of a command line, and flat lists of names and values. */
  #vector(children: readonly PythonChild[]): void {
    if (children.length < 2 || !children.every((child) => isItem(child))) return;
    const words = children.map(({ value }) => value.string ?? '');
    if (words.some((word) => COMMAND.test(word))) {
      for (const { word, start, kind } of secretWords(words)) {
        const value = children[word]?.value;
        if (value !== undefined) this.#found.push({ value, kind, ...(start === 0 ? {} : { from: start }) });
      }
    }
    const even = children.length % 2 === 0;
    for (let at = 0; at + 1 < children.length; at += even ? 2 : 1) {
      const name = words[at] ?? '';
      const value = children[at + 1]?.value;
      if (name.length < 2 || name.length > 60 || value?.string === undefined || !/^[\w.-]+$/.test(name))
        continue;
      const kind = judgeName(name);
      if (!mayHide(kind) || looksRandom(name)) continue;
      const telling = kind === 'strong' && isTelling(value.string);
      if (
        even
          ? (telling && isSecretText(kind, value.string)) || looksRandom(value.string)
          : kind === 'strong' && looksRandom(value.string)
      )
        this.#found.push({ value, kind: 'weak' });
    }
  }
}

/** `ParameterValue`, `option_value`: the last word says it. */
function isRowValue(called: string): boolean {
  return ROW_VALUE.test(called) || /^(?:value|values)$/.test(lastWord(called));
}

function lastWord(called: string): string {
  return wordsOf(called).at(-1) ?? called;
}

/** `{'name': 'password', 'value': 'x'}`, a row of a table, a Cookie with name and value; the name, and what is named. */
interface Row {
  kind: NameKind;
  name: PythonChild;
  /** Where none is called a value, the one text that is none of the row's other names. */
  value?: PythonChild;
}

function rowOf(children: readonly PythonChild[]): Row | undefined {
  if (children.length < 2 || children.length > MOST_OF_ROW) return undefined;
  let found: { kind: NameKind; name: PythonChild } | undefined;
  for (const child of children) {
    const called = nameOf(child);
    if (called === undefined) return undefined;
    // pydantic: 'loc': ('body', 'password')
    const { string: text } =
      (called === 'loc' ? child.value.children?.at(-1)?.value : undefined) ?? child.value;
    if (text === undefined || text.length > 100 || !ROW_NAME.test(lastWord(called))) continue;
    const kind = judgeName(text);
    if (mayHide(kind) && (found === undefined || found.kind === 'doubtful')) found = { kind, name: child };
  }
  if (found === undefined) return undefined;
  const { name } = found;
  const others = children.filter((child) => child !== name);
  if (others.some((child) => isRowValue(nameOf(child) ?? ''))) return found;
  // what is called otherwise, but for what a schema or a message says of it
  const value = others.find((child) => {
    const called = nameOf(child) ?? '';
    if (OTHER_VALUE.test(called)) return true;
    return (
      others.length === 1 &&
      isTelling(child.value.string ?? '') &&
      !ROW_NAME.test(called) &&
      called !== 'in' &&
      judgeName(`password_${called}`) !== 'about'
    );
  });
  return value === undefined ? undefined : { ...found, value };
}

const MOST_OF_ROW = 100;
const OTHER_VALUE = /^_?(?:input|input_value|setting|cell|arg|argument|answer|given|new|old)$/i;

/** The name of a child: an attribute's, a key's text, the name of an Enum member, the last text of a tuple. */
function nameOf(child: PythonChild): string | undefined {
  const own = child.name ?? child.of;
  if (own !== undefined) return own;
  const { key } = child;
  if (key === undefined) return undefined;
  return (
    key.string ??
    enumName(key) ??
    key.children?.findLast((each) => each.value.string !== undefined)?.value.string
  );
}

/** `<Setting.PASSWORD: 1>` and `<Setting.OPTION: 'password'>`: the one of the two that says more. */
function kindOfName({ key }: PythonChild, called: string): NameKind {
  const inner = key?.string === undefined ? key?.children?.[0]?.value.string : undefined;
  const kind = judgeName(called);
  return inner === undefined || mayHide(kind) ? kind : judgeName(inner);
}

/** `<Setting.PASSWORD: 1>`: the name. */
function enumName(value: PythonValue): string | undefined {
  const open = value.open ?? (value.string === undefined ? value.text : undefined);
  return open === undefined ? undefined : /^<?[A-Za-z_][\w.]*\.(\w+)(?::|>|$)/.exec(open)?.[1];
}

function isItem({ name, key, of }: PythonChild): boolean {
  return name === undefined && key === undefined && of === undefined;
}

function isSameName(left: PythonValue, right: PythonValue): boolean {
  return left.string !== undefined && left.string.toLowerCase() === right.string?.toLowerCase();
}

/** A Secret of Kubernetes: all of its data. */
function isSecretObject(children: readonly PythonChild[]): boolean {
  return children.some((child) => child.value.string === 'Secret' && nameOf(child) === 'kind');
}

/** Options are the words of a command line and no secrets: `tok_args = ['--max-tokens', '4096']`. */
function isVector(children: readonly PythonChild[]): boolean {
  return children.some(
    ({ value, ...child }) => isItem({ value, ...child }) && /^--?[a-z]/.test(value.string ?? ''),
  );
}

/** A class that is called as a secret says it of what it holds, whatever the variable is called. */
function withClass(by: NameKind, { type, string, children }: PythonValue): NameKind {
  const kind = judgeClass(type);
  if (kind === 'strong') return by === 'about' ? by : kind;
  if (kind !== 'weak' || by === 'strong' || by === 'weak') return by;
  // `Token` is a class of parsers, too; a text or a list that is called so holds nothing else
  return string !== undefined || children?.every(isItem) === true || !/(?:^|\.)_?Token$/.test(type)
    ? kind
    : 'doubtful';
}

function isKeyed({ key }: PythonChild): boolean {
  return key !== undefined;
}

/** A dict, list, tuple or set: objects have attributes that say what each of them is. */
function isPlainContainer({ type }: PythonValue): boolean {
  return /^(?:dict|list|tuple|set|frozenset|collections\.(?:OrderedDict|defaultdict|deque)|str|bytes)$/.test(
    type,
  );
}

/** Only None, flags, empty texts, functions and classes: nothing to hide. */
function onlyNothing(value: PythonValue): boolean {
  if (value.children === undefined) {
    if (value.type === 'word') return !looksRandom(value.text ?? '');
    return value.string === undefined
      ? saysNothing(value.text ?? '')
      : isPlaceholder(value.string) || isSentence(value.string);
  }
  return value.truncated !== true && value.children.every((child) => onlyNothing(child.value));
}

/** None, flags and code: what they are explains crashes and gives nothing away. */
function saysNothing(text: string): boolean {
  return /^(?:None|True|False|null|true|false|\.\.\.|Ellipsis|NotImplemented|[[({]\.\.\.[\])}]|<[^'"]*>?|<(?:class|function|module|built-in|bound method)\b.*)$/.test(
    text.slice(0, 300),
  );
}

function isNumber(text: string): boolean {
  return /^[-+]?\d[\d._]*(?:e[-+]?\d+)?$|^Decimal\('[\d.+-]+'\)$/i.test(text.slice(0, 100));
}

/** `token` is also what parsers and lexers call a word: of letters of one case, or an option. */
function isWordOfLanguage({ type, string }: PythonValue): boolean {
  return (
    type === 'str' && string !== undefined && /^(?:[a-z_]{1,10}|[A-Z_]{1,12}|--?[a-z-]{1,20})$/.test(string)
  );
}

/** The names of columns: a list of them, of `{'name': 'id'}`, of `('id', 23)`; `'user,password'`. */
function namesIn({ string, children }: PythonValue): string[] | undefined {
  if (string !== undefined && string.length < 500 && /^\w+(?:[,;|]\s?\w+)+$/.test(string))
    return string.split(/[,;|]\s?/);
  if (children === undefined || children.length < 2 || children.length > MOST_OF_ROW) return undefined;
  const names = children.map(({ value, ...own }) => {
    if (!isItem({ value, ...own })) return undefined;
    const first = value.children?.find(
      (child) => isItem(child) || /^_?(?:name|key|field|column|id)$/i.test(nameOf(child) ?? ''),
    );
    return value.string ?? first?.value.string;
  });
  return names.every((name) => name !== undefined && /^[A-Za-z_][\w .-]{0,60}$/.test(name))
    ? (names as string[])
    : undefined;
}

/** `db_password`, `/user/api_key`, `projects/p/secrets/db-pass/versions/2`: the name of a secret, and nothing else. */
function isSecretName(text: string): boolean {
  if (text.length < 2 || text.length > 100 || !mayName(text) || !/^[/\w.:-]+$/.test(text)) return false;
  return text.split(/[/:]/).some((part) => {
    const kind = judgeName(part);
    return (kind === 'strong' || kind === 'weak') && !isMadeUp(part);
  });
}

/** A word of a name: `password`, `password2`. */
function isNameLike(text: string): boolean {
  return /^[A-Za-z_][A-Za-z_.-]*\d?$/.test(text);
}

function isPlainWord({ string }: PythonValue): boolean {
  return string === undefined || /^[A-Za-z_-]{1,20}$/.test(string);
}
