import { repr, type PythonValue } from '../core/python/value.ts';
import { KnownSecrets } from './known-secrets.ts';
import type { ReportedValue } from './model.ts';
import { REDACTED, redactText } from './secret-patterns.ts';
import { isSensitiveName } from './sensitive-names.ts';

/**
 * Makes text of values and hides what is secret on the way: by name at any depth, and by pattern. It remembers what it
 * hid by name: `mask` takes the same values out of every other text (a password that is also in the message).
 */
export class Redaction {
  readonly #show: boolean;
  readonly #secrets = new KnownSecrets();

  /** `show`: hide nothing (`--show-secrets`). */
  constructor(show: boolean) {
    this.#show = show;
  }

  /** The value of the variable `name`, as its `repr` would show it. */
  value(name: string, value: PythonValue): ReportedValue {
    if (this.#show) return { type: value.type, repr: repr(value) };
    let hidden = false;
    const redactor = (called: string | undefined, each: PythonValue): string | undefined => {
      const instead = this.#instead(called, each);
      hidden ||= instead !== undefined;
      return instead;
    };
    const text = repr(value, redactor, name);
    return { type: value.type, repr: text, ...(hidden ? { redacted: true } : {}) };
  }

  /** A value that is text already: a header, an environment variable. */
  text(name: string, text: string): string {
    if (this.#show) return text;
    if (!isSensitiveName(name) || text === '') return redactText(text);
    this.#secrets.addText(name, text);
    return REDACTED;
  }

  /** A text without a name: a message, a path. */
  message(text: string): string {
    return this.#show ? text : redactText(text);
  }

  /** A line of source code. */
  source(text: string): string {
    return this.#show ? text : redactText(text, { literals: true });
  }

  /** `a=1&token=x`. */
  query(text: string): string {
    if (this.#show) return text;
    return text
      .split('&')
      .map((pair) => {
        const at = pair.indexOf('=');
        if (at < 0) return redactText(pair);
        return `${pair.slice(0, at)}=${this.text(decoded(pair.slice(0, at)), pair.slice(at + 1))}`;
      })
      .join('&');
  }

  /** The words of a command line: `--password=x` and `--password x`. */
  words(words: readonly string[]): string[] {
    if (this.#show) return [...words];
    return words.map((word, at) => {
      const option = /^--?([\w-]+)$/.exec(words[at - 1] ?? '')?.[1];
      if (option !== undefined && !word.startsWith('-') && isSensitiveName(option))
        return this.text(option, word);
      const [, name, value] = /^--?([\w-]+)=([\s\S]*)$/.exec(word) ?? [];
      if (name === undefined || value === undefined) return redactText(word);
      return `${word.slice(0, word.length - value.length)}${this.text(name, value)}`;
    });
  }

  /** Takes every value that was hidden by its name out of a text. Only when all values went through. */
  mask(text: string): string {
    return this.#show ? text : this.#secrets.mask(text);
  }

  /** What to show instead of the value, or undefined to show it. */
  #instead(name: string | undefined, value: PythonValue): string | undefined {
    if (name !== undefined && isSensitiveName(name) && !saysNothing(value)) {
      this.#secrets.add(name, value);
      return REDACTED;
    }
    // A pair whose first item names the second is how headers and cookies are passed around.
    const [first, second, ...more] = value.children ?? [];
    if (first !== undefined && second !== undefined && more.length === 0 && isItem(first) && isItem(second)) {
      const called = first.value.string;
      if (called !== undefined && isSensitiveName(called) && !saysNothing(second.value)) {
        this.#secrets.add(called, second.value);
        return `${value.open ?? ''}${repr(first.value)}, ${REDACTED}${value.close ?? ''}`;
      }
    }
    if (value.text === undefined) return undefined;
    const text = redactText(value.text);
    return text === value.text ? undefined : text;
  }
}

function isItem({ name, key }: { name?: string; key?: PythonValue }): boolean {
  return name === undefined && key === undefined;
}

/** None, flags, nothing, and code: what they are explains crashes and gives nothing away. */
function saysNothing(value: PythonValue): boolean {
  if (value.string !== undefined) return value.string === '';
  if (value.text !== undefined) {
    return /^(?:None|True|False|<(?:class|function|module|built-in|bound method)\b.*)$/.test(value.text);
  }
  return value.children?.length === 0 && value.truncated !== true && value.open !== undefined;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
