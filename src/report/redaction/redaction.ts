import { bytesRepr, textRepr } from '../../core/python/text.ts';
import { repr, type PythonChild, type PythonValue } from '../../core/python/value.ts';
import type { ReportedValue } from '../model.ts';
import type { RedactionLevel, Shown, Through } from './door.ts';
import { REDACTED, withoutParts } from './edits.ts';
import { KnownSecrets } from './known.ts';
import { isCardNumber, looksLikeKey } from './looks.ts';
import { isLabel, judgeName, mayHide } from './names.ts';
import { secretsIn } from './text.ts';
import { scanSegments } from './texts/urls.ts';
import { Scan } from './texts/scan.ts';
import { secretWords } from './texts/command-words.ts';
import { isSecretText } from './texts/values.ts';
import { hasToken } from './tokens.ts';
import { hiddenIn, type Hidden } from './tree.ts';
import { Work } from './work.ts';

/** What stands where the search for secrets ended. */
const NOT_SEARCHED = '[not searched for secrets]';

/**
 * The one door between what was read and what is reported. Everything goes through it twice: first to find the secrets,
 * then to be shown without them, because the name that gives a secret away may come after a text that contains it.
 */
export class Redaction {
  readonly level: RedactionLevel;
  readonly work: Work;
  readonly #known = new KnownSecrets();
  /** `strict`: the numbers that are secrets by their name, which are hidden wherever they are. */
  readonly #numbers = new Set<string>();
  readonly #texts = new Map<string, string>();
  readonly #trees = new Map<PythonValue, Map<string, PythonValue>>();
  #collecting: boolean;

  constructor(level: RedactionLevel, work: Work = new Work()) {
    this.level = level;
    this.work = work;
    this.#collecting = level !== 'none';
  }

  /** `build` makes the report through the door that it is given. */
  through<T>(build: (door: Redaction) => T): T {
    if (this.level === 'none') return build(this);
    build(this);
    this.#collecting = false;
    return build(this);
  }

  /** The names of code and what pycrash says itself: no data of the process. */
  own(text: string): Shown {
    return text as Shown;
  }

  /** A sentence of ours with names of the process in it. */
  sentence(text: string): Shown {
    if (this.level !== 'strict') return this.text(text);
    return this.#known.mask(text, this.work) as Shown;
  }

  /** A free text: a message, a name of a thread, a path. */
  text(text: string): Shown {
    if (this.level === 'none' || text === '') return text as Shown;
    if (this.level === 'strict') return this.#length(text);
    return this.#masked(this.#searched(text, false));
  }

  /** A line of source code. */
  source(text: string): Shown {
    if (this.level === 'none') return text as Shown;
    return this.#masked(this.#searched(text, true));
  }

  /** A text with a name: a header, a variable of the environment. */
  named(name: string, text: string): Shown {
    if (this.level === 'none' || text === '') return text as Shown;
    if (this.level === 'strict') return this.#length(text);
    const kind = judgeName(name);
    if (mayHide(kind) && isSecretText(kind, text, name)) {
      this.#known.add(kind, text);
      if (this.#collecting) this.#searched(text, false);
      return REDACTED as Shown;
    }
    return this.text(text);
  }

  /** The path of a request: with the tokens of links in it. */
  path(text: string): Shown {
    if (this.level !== 'default') return this.text(text);
    const scan = new Scan(text, this.work);
    scanSegments(scan, text.split('?', 1)[0] ?? '', 0);
    for (const { start, end } of scan.found) this.#known.add('weak', text.slice(start, end));
    return this.text(withoutParts(text, scan.found));
  }

  /** The words of a command line. */
  words(words: readonly string[]): Shown[] {
    if (this.level !== 'default') return words.map((word) => this.text(word));
    const parts = secretWords(words);
    return words.map((word, at) => {
      const own = parts.filter((part) => part.word === at);
      for (const { start, end, kind } of own) this.#known.add(kind, word.slice(start, end));
      return this.text(withoutParts(word, own));
    });
  }

  /** The value of the variable `name`, as its `repr` would show it. */
  value(name: string, value: PythonValue): Through<ReportedValue> {
    const type = value.type as Shown;
    if (this.level === 'none') return { type, repr: repr(value) as Shown };
    if (this.level === 'strict') {
      if (!this.#collecting) return { type, repr: repr(withoutTexts(value, this.#numbers)) as Shown };
      for (const each of hiddenIn(value, name)) this.#addNumbers(each.value);
      return { type, repr: '' as Shown };
    }
    let trees = this.#trees.get(value);
    if (trees === undefined) this.#trees.set(value, (trees = new Map<string, PythonValue>()));
    let tree = trees.get(name);
    if (tree === undefined) trees.set(name, (tree = this.#redacted(name, value)));
    if (this.#collecting) return { type, repr: '' as Shown };
    const masked = this.#withoutKnown(tree);
    return { type, repr: repr(masked) as Shown, ...(masked === value ? {} : { redacted: true }) };
  }

  /** The value without what is secret by its names and its texts; it itself where that is nothing. */
  #redacted(name: string, value: PythonValue): PythonValue {
    const hidden = new Map<PythonValue, Hidden>();
    for (const each of hiddenIn(value, name)) {
      hidden.set(each.value, each);
      this.#addAll(each);
    }
    this.#lines(value);
    const labelled = new Set<PythonValue>();
    addLabelled(value, name, labelled);
    return mapped(value, (each) => {
      const by = hidden.get(each);
      if (by === undefined && labelled.has(each)) return each;
      if (by === undefined) return this.#leaf(each, (text) => this.#searched(text, false));
      if (by.from === undefined) return { type: each.type, text: REDACTED };
      return this.#leaf(each, (text) => text.slice(0, by.from) + REDACTED);
    });
  }

  #withoutKnown(value: PythonValue): PythonValue {
    if (!this.#known.some) return value;
    return mapped(value, (each) => this.#leaf(each, (text) => this.#known.mask(text, this.work)));
  }

  /** A list of lines is one text: a file of settings, a key in armour. What is found in it is known from then on. */
  #lines(value: PythonValue): void {
    const { children } = value;
    if (children === undefined) return;
    for (const child of children) this.#lines(child.value);
    const lines = children.map((child) =>
      child.name === undefined && child.key === undefined ? child.value.string : undefined,
    );
    if (lines.length < 2 || !lines.every((line) => line !== undefined)) return;
    if (!lines.some((line) => /[:=<]|--|^[a-z]+ \S/i.test(line))) return;
    const text = lines.map((line) => line.replace(/\r?\n$/, '')).join('\n');
    for (const { start, end, kind } of secretsIn(text, this.work)) {
      for (const line of text.slice(start, end).split('\n')) this.#known.add(kind ?? 'strong', line.trim());
    }
  }

  /** A text, or what is not one but looks like one in its repr. */
  #leaf(value: PythonValue, change: (text: string) => string): PythonValue {
    const { text = '', string } = value;
    if (value.children !== undefined || text === REDACTED) return value;
    if (string === undefined) {
      const changed = text.length < LEAST_TEXT || NAMED.test(text) ? text : change(text);
      return changed === text ? value : { type: value.type, text: changed };
    }
    const changed = change(string);
    if (changed === string) return value;
    if (changed === REDACTED) return { type: value.type, text: REDACTED };
    const isBytes = /^(?:bytearray\()?b['"]/.test(text);
    const before = isBytes ? bytesRepr(Buffer.from(string, 'latin1')) : textRepr(string);
    const after = isBytes ? bytesRepr(Buffer.from(changed, 'latin1')) : textRepr(changed);
    const at = text.indexOf(before);
    const shown = at < 0 ? REDACTED : text.slice(0, at) + after + text.slice(at + before.length);
    return { ...value, string: changed, text: shown };
  }

  #addNumbers({ string, text = '', children = [] }: PythonValue): void {
    const digits = string ?? text;
    if (/^\d{3,}$/.test(digits)) this.#numbers.add(digits);
    for (const child of children) this.#addNumbers(child.value);
  }

  #addAll({ value, kind, from = 0 }: Hidden): void {
    if (value.string !== undefined) this.#known.add(kind, value.string.slice(from));
    else if (value.text !== undefined) this.#known.add(kind, value.text);
    for (const child of value.children ?? []) {
      const own = child.name ?? child.key?.string;
      const named = own === undefined ? 'plain' : judgeName(own);
      this.#addAll({
        value: child.value,
        kind: named === 'strong' ? 'strong' : own === undefined && kind === 'strong' ? 'weak' : 'doubtful',
      });
    }
  }

  #searched(text: string, literals: boolean): string {
    const kept = this.#texts.get(text);
    if (kept !== undefined && !literals) return kept;
    if (!this.work.left) return NOT_SEARCHED;
    const found = secretsIn(text, this.work, { literals });
    for (const { start, end, kind } of found) this.#known.add(kind ?? 'strong', text.slice(start, end));
    const result = withoutParts(text, found);
    if (!literals) this.#texts.set(text, result);
    return result;
  }

  #masked(text: string): Shown {
    return (this.#collecting ? text : this.#known.mask(text, this.work)) as Shown;
  }

  #length(text: string): Shown {
    if (text.length < 200) this.#known.add('strong', text);
    return `[${text.length} characters]` as Shown;
  }
}

/** `<function f at 0x7f…>`: names of code and an address. */
const NAMED = /^<[\w .<>]{1,200} at 0x[\da-f]+>$/;
/** No shorter text has a secret in it. */
const LEAST_TEXT = 8;

/** The texts under a name that says what they are: `request_id`. With the prefix of a token they are one all the same. */
function addLabelled(value: PythonValue, name: string, found: Set<PythonValue>): void {
  const { string = '', children = [] } = value;
  if (
    string.length >= 16 &&
    /^[\w+/=-]+$/.test(string) &&
    looksLikeKey(string) &&
    isLabel(name) &&
    !hasToken(string)
  )
    found.add(value);
  for (const child of children)
    addLabelled(child.value, child.name ?? child.of ?? child.key?.string ?? name, found);
}

/** A copy with every leaf changed by `change`; what did not change is the same object. */
function mapped(value: PythonValue, change: (value: PythonValue) => PythonValue): PythonValue {
  const changed = change(value);
  if (changed !== value || value.children === undefined) return changed;
  let some = false;
  const children = value.children.map((child): PythonChild => {
    const key = child.key === undefined ? undefined : mapped(child.key, change);
    const inner = mapped(child.value, change);
    if (key === child.key && inner === child.value) return child;
    some = true;
    return { ...child, ...(key === undefined ? {} : { key }), value: inner };
  });
  return some ? { ...value, children } : value;
}

/** `strict`: types, numbers and names stay; of a text its length. */
function withoutTexts(value: PythonValue, secrets: ReadonlySet<string>): PythonValue {
  return mapped(value, (each) => {
    if (each.children !== undefined) {
      const open = each.open?.includes("'") === true || each.open?.includes('"') === true;
      return open ? { type: each.type, text: `<${each.type}>` } : each;
    }
    const { string, text = '' } = each;
    if (secrets.has(text) || isCardNumber(text)) return { type: each.type, text: REDACTED };
    if (string !== undefined)
      return {
        type: each.type,
        text: `[${string.length}${each.truncated === true ? ' or more' : ''} characters]`,
      };
    return /['"]/.test(text) && !/^(?:<class '[\w.]+'>|Decimal\('[-+.\dEe]+'\))$/.test(text)
      ? { type: each.type, text: `<${each.type}>` }
      : each;
  });
}
