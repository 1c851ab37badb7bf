import type { PythonValue } from '../core/python/value.ts';
import { REDACTED } from './secret-patterns.ts';
import { certaintyOf, isSensitiveName, type Certainty } from './sensitive-names.ts';

/** So many secrets are looked for in the rest of the report. */
const MOST_SECRETS = 1000;
const LONGEST_SECRET = 10_000;

/**
 * The secrets that were hid by their names, to be taken out of every other text too (a password that is also in the
 * message). What a `password` holds is one; of a `session` or a `cache_key` only what looks random is, because hiding
 * the path or the number of a session everywhere would leave a report full of holes.
 */
export class KnownSecrets {
  readonly #secrets = new Set<string>();
  /** Those that are a part of ordinary words easily. */
  readonly #words = new Set<string>();
  #mask: RegExp | undefined;

  /** The value of what is called `name`, which is a sensitive name. */
  add(name: string, value: PythonValue): void {
    if (value.string !== undefined) {
      for (const text of spellings(value)) this.addText(name, text);
      return;
    }
    const certainty = certaintyOf(name);
    const [first, second, ...more] = value.children ?? [];
    // requests and httpx: auth=(user, password)
    if (/^(?:basic_?)?auth$/i.test(name) && first && second && more.length === 0) {
      this.#addText('sure', second.value);
      return;
    }
    this.#addAll(certainty, value, /cookie/i.test(name) ? 'unsure' : inherited(certainty));
  }

  /** A value that is text: a header, a variable of the environment, a parameter of a query. */
  addText(name: string, text: string): void {
    const certainty = certaintyOf(name);
    if (/cookie/i.test(name) && text.includes('=')) {
      for (const pair of text.split(/;\s*/)) {
        const [, cookie = '', value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
        this.#add(isSensitiveName(cookie) ? certaintyOf(cookie) : 'unsure', value);
      }
      return;
    }
    // RFC 9110, 11.4: `Authorization: SCHEME CREDENTIALS`
    const credentials = /^[A-Za-z]+ +([\w.~+/=-]+)$/.exec(text)?.[1];
    if (credentials !== undefined && /authorization/i.test(name)) this.#add('sure', credentials);
    else this.#add(certainty, text);
  }

  /** Takes the secrets out of a text. Only when all values were added. */
  mask(text: string): string {
    if (this.#secrets.size + this.#words.size === 0) return text;
    this.#mask ??= new RegExp(
      [...this.#secrets, ...this.#words]
        .sort((left, right) => right.length - left.length)
        .map((secret) => {
          const literal = secret.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
          return this.#words.has(secret) ? `(?<![A-Za-z\\d])${literal}(?![A-Za-z\\d])` : literal;
        })
        .join('|'),
      'g',
    );
    return text.replaceAll(this.#mask, REDACTED);
  }

  /** `parts` is for entries and attributes whose own names are harmless. */
  #addAll(certainty: Certainty, value: PythonValue, parts: Certainty): void {
    this.#addText(certainty, value);
    for (const child of value.children ?? []) {
      const name = child.name ?? child.key?.string;
      if (name === undefined) this.#addAll(certainty, child.value, parts);
      else if (isSensitiveName(name)) this.add(name, child.value);
      else this.#addAll(parts, child.value, parts);
    }
  }

  #addText(certainty: Certainty, value: PythonValue): void {
    for (const text of spellings(value)) this.#add(certainty, text);
  }

  #add(certainty: Certainty, secret: string): void {
    // RFC 3986, 3.2.1: whatever names it, the password in a URL is one
    const password = /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s]*:([^/?#@\s]+)@/i.exec(secret)?.[1];
    if (password !== undefined) this.#add('sure', password);
    if (certainty === 'no' || secret.length > LONGEST_SECRET || isOrdinary(secret)) return;
    if (this.#secrets.size + this.#words.size >= MOST_SECRETS) return;
    if (certainty === 'sure') {
      const short = secret.length < 8;
      if (secret.length < 6 || (short && !/^(?=.*\d)(?=.*[A-Za-z])/s.test(secret))) return;
      if (short || /^[A-Za-z]{1,11}$/.test(secret)) this.#words.add(secret);
      else this.#secrets.add(secret);
    } else if (looksRandom(secret)) {
      this.#secrets.add(secret);
    }
  }
}

/** The characters of a str or bytes, and how they are written inside of another repr. */
function spellings({ string, text = '' }: PythonValue): string[] {
  return string === undefined ? [] : [string, text.replace(/^b?['"]/, '').slice(0, -1)];
}

/** Of credentials and tokens the parts are secrets, too, where they look like it: `{'stripe': 'x81…'}`. */
function inherited(certainty: Certainty): Certainty {
  return certainty === 'sure' ? 'unsure' : 'no';
}

/** A path, a host, a URL, an address, a number, a date: what stands all over a report, and is no secret. */
function isOrdinary(text: string): boolean {
  if (/^[-+]?[\d.,:_ /-]+$/.test(text)) return !/^(?:\d[ -]?){12,}$/.test(text);
  if (looksRandom(text)) return /^[a-z][a-z\d+.-]*:\/\//i.test(text);
  return (
    /^(?:~|\.{1,2})?\/[\w.@+~-]*(?:\/[\w.@+~-]*)*$/.test(text) ||
    /^[\w.-]+(?:\/[\w.-]+)+$/.test(text) ||
    /^[A-Za-z]:\\/.test(text) ||
    /^[a-z][a-z\d+.-]*:\/\//i.test(text) ||
    /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z]{2,24}(?::\d+)?$/i.test(text) ||
    /^localhost(?::\d+)?$/.test(text) ||
    /^[^\s@]+@[^\s@]+\.[a-z]{2,24}$/i.test(text)
  );
}

/** Has it a part of letters and digits as no word and no number has? A token, a digest, a session's id. */
function looksRandom(text: string): boolean {
  return text.split(/[^A-Za-z\d]+/).some((part) => {
    // `shop2026` and `2026checkout` are a word and a number
    const mixed = /\d/.test(part) && /[A-Za-z]/.test(part) && !/^(?:[A-Za-z]+\d+|\d+[A-Za-z]+)$/.test(part);
    if (mixed) return part.length >= 8;
    return part.length >= 20 && /[a-z]/.test(part) && /[A-Z]/.test(part);
  });
}
