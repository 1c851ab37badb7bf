import type { PythonChild, PythonValue } from '../../core/python/value.ts';
import { isPlaceholder, looksRandom } from './looks.ts';
import { isKnownName, judgeName, mayHide, wordsOf, type NameKind } from './names.ts';
import { secretWords } from './texts/command-words.ts';
import { isSecretText } from './texts/values.ts';

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
  /^_?(?:name|key|field|header|k|id|label|option|setting|param|parameter|variable|var|attr|attribute|property|prop|title|column|slug|code)$/i;
const ROW_VALUE =
  /^_?(?:coded_value|value|val|v|data|content|contents|default|text|string|current|initial|raw|setting_value|body|payload)s?$/i;

/** What is in a dict that is called so says something about its keys: `errors['password']`, `widgets['token']`. */
const DESCRIBES =
  /(?:^|_)(?:errors?|messages?|labels?|help_texts?|widgets?|types?|schemas?|properties|fields?|validators?|choices|placeholders?|annotations|definitions|hints?|columns?|descriptions?|permissions?|validation|translations?|titles?|attrs)$/i;

/** `{'type': 'string', 'minLength': 8}`: a schema and not what it describes. */
function isDescription(children: readonly PythonChild[]): boolean {
  return (
    children.some((child) => {
      const called = nameOf(child);
      return (called === 'type' || called === '$ref' || called === 'title') && isPlainWord(child.value);
    }) && !children.some((child) => ROW_VALUE.test(nameOf(child) ?? ''))
  );
}

const COLUMNS = /^_?(?:fields|columns|names|keys|headers|header|labels|field_?names|column_?names)$/i;
const ROW = /^_?(?:values|row|data|params|parameters|record|cells)$/i;

class Tree {
  readonly #found: Hidden[];

  constructor(found: Hidden[]) {
    this.#found = found;
  }

  /** `kind`: what the names above say; `name`: the one right above. */
  visit(value: PythonValue, kind: NameKind, name?: string): void {
    const { children } = value;
    if (children === undefined) return this.#leaf(value, kind, name);
    if (children.length === 0 && value.truncated !== true) return;
    if (kind === 'strong' && isPlainContainer(value) && !isDescription(children)) {
      if (!onlyNothing(value)) this.#found.push({ value, kind });
      return;
    }
    if (this.#pair(value, children, name)) return;
    const row = rowKind(children);
    const described = name !== undefined && DESCRIBES.test(name);
    const inherited =
      kind === 'plain' || kind === 'about' ? 'plain' : kind === 'strong' ? 'weak' : 'doubtful';
    const items = kind === 'about' ? 'plain' : kind === 'strong' ? 'weak' : kind;
    this.#vector(children);
    this.#fallback(children);
    this.#columns(children);
    for (const child of children) {
      const called = nameOf(child);
      if (child.key !== undefined) this.visit(child.key, 'plain');
      if (called === undefined) {
        this.visit(child.value, items, name);
        continue;
      }
      const judged = kindOfName(child, called);
      const own = described && mayHide(judged) ? 'doubtful' : judged;
      if (row !== undefined && isRowValue(called)) this.visit(child.value, row, called);
      else if (own !== 'plain' && !(row === undefined && kind !== 'plain' && ROW_VALUE.test(called)))
        this.visit(child.value, own, called);
      else if (inherited !== 'plain' && ROW_VALUE.test(called))
        this.visit(child.value, kind === 'doubtful' ? 'doubtful' : 'weak', called);
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
    if (!mayHide(kind) || (name === 'token' && isWordOfLanguage(value))) return;
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

  /** `('password', 'x')`: how headers, cookies, forms and items are passed around; `auth=('user', 'x')`. */
  #pair(value: PythonValue, children: readonly PythonChild[], name: string | undefined): boolean {
    const [first, second, ...more] = children;
    if (first === undefined || second === undefined || more.length > 0 || !isItem(first) || !isItem(second))
      return false;
    const called = first.value.string ?? enumName(first.value);
    if (called === undefined) return false;
    if (/^[^\s./\\][^/\\\n]{0,99}$/.test(called)) {
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
    if (name !== undefined && /(?:^|_)auth$/i.test(name) && second.value.string !== undefined) {
      if (!isPlaceholder(second.value.string)) this.#found.push({ value: second.value, kind: 'strong' });
      return true;
    }
    return false;
  }

  /** `{'fields': ['user', 'password'], 'values': ['ada', 'x']}`: a table of one row. */
  #columns(children: readonly PythonChild[]): void {
    const names = children.find((child) => COLUMNS.test(nameOf(child) ?? ''))?.value.children;
    if (names === undefined || names.some(({ value }) => value.string === undefined)) return;
    for (const child of children) {
      const row = child.value.children;
      if (!ROW.test(nameOf(child) ?? '') || row?.length !== names.length) continue;
      for (const [at, { value }] of row.entries()) {
        const column = names[at]?.value.string ?? '';
        this.visit(value, judgeName(column), column);
      }
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

  /** The words of a command line, and flat lists of names and values. */
  #vector(children: readonly PythonChild[]): void {
    if (children.length < 2 || !children.every((child) => isItem(child))) return;
    const words = children.map(({ value }) => value.string ?? '');
    if (words.some((word) => /^(?:-|pass:|(?:set|SET|AUTH|LOGIN)$)/.test(word))) {
      for (const { word, start, kind } of secretWords(words)) {
        const value = children[word]?.value;
        if (value !== undefined) this.#found.push({ value, kind, ...(start === 0 ? {} : { from: start }) });
      }
    }
    for (let at = 0; at + 1 < children.length; at += 1) {
      const name = words[at] ?? '';
      const value = children[at + 1]?.value;
      if (name.length < 2 || name.length > 60 || value?.string === undefined) continue;
      if (
        mayHide(judgeName(name)) &&
        /^[\w.-]+$/.test(name) &&
        !looksRandom(name) &&
        looksRandom(value.string) &&
        (children.length % 2 === 0 ? at % 2 === 0 : judgeName(name) === 'strong')
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

/** The kind of the name in `{'name': 'password', 'value': 'x'}`, a row of a table, a Cookie with name and value. */
function rowKind(children: readonly PythonChild[]): NameKind | undefined {
  let kind: NameKind | undefined;
  let values = false;
  for (const child of children) {
    const called = nameOf(child);
    if (called === undefined) return undefined;
    if (isRowValue(called)) values = true;
    const text = child.value.string;
    if (!ROW_NAME.test(lastWord(called)) || text === undefined || text.length > 100) continue;
    const judged = judgeName(text);
    if (mayHide(judged) && (kind === undefined || kind === 'doubtful')) kind = judged;
  }
  return values ? kind : undefined;
}

/** The name of a child: an attribute's, a key's text, the name of an Enum member, the last text of a tuple. */
function nameOf(child: PythonChild): string | undefined {
  if (child.name !== undefined) return child.name;
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

function isItem({ name, key }: PythonChild): boolean {
  return name === undefined && key === undefined;
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
    return value.string === undefined ? saysNothing(value.text ?? '') : isPlaceholder(value.string);
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
    type === 'str' && string !== undefined && /^(?:[a-z]{1,12}|[A-Z_]{1,12}|--?[a-z-]{1,20})$/.test(string)
  );
}

/** A word of a name: `password`, `password2`. */
function isNameLike(text: string): boolean {
  return /^[A-Za-z_][A-Za-z_.-]*\d?$/.test(text);
}

function isPlainWord({ string }: PythonValue): boolean {
  return string === undefined || /^[A-Za-z_-]{1,20}$/.test(string);
}
