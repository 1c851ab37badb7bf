import { REDACTED, withoutParts, type Edit } from './edits.ts';
import { isPlace, looksRandom } from './looks.ts';
import { judgeName, wordsOf, type NameKind } from './names.ts';
import type { Work } from './work.ts';
import { textRepr } from '../../core/python/text.ts';

/** So many spellings of secrets are looked for in the rest of the report. */
const MOST_SPELLINGS = 8000;
const LONGEST_SECRET = 10_000;
/** No shorter part of a text is looked for. */
const LEAST = 6;

interface Spelling {
  text: string;
  /** A part of ordinary words easily: only where it is a word of its own. */
  word: boolean;
  /** It was cut off itself: what follows it belongs to it. */
  open: boolean;
}

/**
 * The secrets that were found, to be taken out of every other text too: as they are, as other texts write them
 * (escaped, percent-encoded, in Base64), and where they are cut off. What a `password` holds is one; of a `session` or a
 * `cache_key` only what looks random is, because hiding the path or the number of a session everywhere would leave a
 * report full of holes.
 */
export class KnownSecrets {
  readonly #seen = new Set<string>();
  /** By their first characters. */
  readonly #starts = new Map<string, Spelling[]>();
  readonly #first = new Uint8Array(65_536);

  get some(): boolean {
    return this.#starts.size > 0;
  }

  /** A secret that was found under a name of this kind. */
  add(kind: NameKind, secret: string): void {
    if (secret.length <= LONGEST_SECRET && (kind === 'strong' || kind === 'weak')) {
      // cookies and headers: `a=1; sid=x`, and RFC 9110, 11.4: `SCHEME CREDENTIALS`
      if (secret.includes('=') && /;\s/.test(secret)) {
        for (const pair of secret.split(/;\s*/)) this.add('doubtful', pair.slice(pair.indexOf('=') + 1));
      }
      const credentials = /^[A-Za-z][\w-]* +([\w.~+/=-]+)$/.exec(secret)?.[1];
      if (credentials !== undefined) this.add('weak', credentials);
    }
    if (secret.length < LEAST || secret.length > LONGEST_SECRET || this.#seen.has(secret)) return;
    if (this.#seen.size >= MOST_SPELLINGS || !isTelling(kind, secret)) return;
    const short = secret.length < 8 || /^[A-Za-z]{1,11}$/.test(secret);
    this.#spelling(secret, short, secret.length >= 1000);
    if (short && !/[A-Za-z]/.test(secret)) return;
    for (const text of spellings(secret)) this.#spelling(text, short, false);
  }

  /** Takes the secrets out of a text. Only when all of them were added. */
  mask(text: string, work: Work): string {
    return this.some ? withoutParts(text, this.#find(text, work)) : text;
  }

  #spelling(text: string, word: boolean, open: boolean): void {
    if (text.length < LEAST || this.#seen.has(text)) return;
    this.#seen.add(text);
    const start = text.slice(0, LEAST);
    const there = this.#starts.get(start);
    const spelling = { text, word, open };
    if (there === undefined) this.#starts.set(start, [spelling]);
    else there.push(spelling);
    this.#first[text.charCodeAt(0)] = 1;
  }

  #find(text: string, work: Work): Edit[] {
    const edits: Edit[] = [];
    work.spend(text.length);
    for (let at = 0; at + LEAST <= text.length; at += 1) {
      if (this.#first[text.charCodeAt(at)] === 0) continue;
      const there = this.#starts.get(text.slice(at, at + LEAST));
      if (there === undefined) continue;
      const length = this.#length(text, at, there, work);
      if (length === 0) continue;
      edits.push({ start: at, end: at + length });
      at += length - 1;
    }
    return edits;
  }

  /** How much of a secret is at this place: all, or what is left of one that is cut off. */
  #length(text: string, at: number, there: readonly Spelling[], work: Work): number {
    let longest = 0;
    for (const spelling of there) {
      const { text: secret, word, open } = spelling;
      work.spend(LEAST);
      if (text.startsWith(secret, at)) {
        if (word && (isWordAt(text, at - 1) || isWordAt(text, at + secret.length))) continue;
        let length = secret.length;
        if (open) while (/[\w+/=-]/.test(text[at + length] ?? ' ')) length += 1;
        work.spend(length);
        longest = Math.max(longest, length);
        continue;
      }
      if (longest > 0) continue;
      let same = LEAST;
      while (same < secret.length && text[at + same] === secret[same]) same += 1;
      work.spend(same);
      if (
        isCutAt(text, at + same) &&
        !(word && isWordAt(text, at - 1)) &&
        (same >= 12 || tells(text.slice(at, at + same)))
      ) {
        longest = Math.max(longest, same);
      }
    }
    return longest;
  }
}

/** The end of a text that was cut off, with the marks that say so; or of a text that is cut off without one. */
function isCutAt(text: string, at: number): boolean {
  if (text[at] === '…' || text.startsWith('...', at) || text.startsWith('***', at)) return true;
  return text.length - at <= 3 && /^['"]?\)?\]?$/.test(text.slice(at));
}

function tells(part: string): boolean {
  return looksRandom(part) || /\d/.test(part) || /[^A-Za-z\d]/.test(part);
}

function isWordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /[A-Za-z\d]/.test(text[at] ?? ' ');
}

/** Other ways to write the same text. */
function spellings(secret: string): string[] {
  const repr = textRepr(secret).slice(1, -1);
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const result = [repr, repr.replaceAll("'", String.raw`\'`), json, html, ...percentEncoded(secret)];
  if (secret.length <= 200) {
    const bytes = Buffer.from(secret, 'utf8');
    result.push(bytes.toString('hex'));
    // Base64 of a text with the secret in it is one of three, by where it begins
    for (let shift = 0; shift < 3; shift += 1) {
      const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .replaceAll('=', '');
      const whole = Math.floor(((bytes.length + shift) * 8) / 6);
      const inner = encoded.slice(shift === 0 ? 0 : shift + 1, whole);
      if (inner.length >= 8) result.push(inner, inner.replaceAll('+', '-').replaceAll('/', '_'));
    }
  }
  return result;
}

function percentEncoded(secret: string): string[] {
  try {
    const encoded = encodeURIComponent(secret);
    const strict = encoded.replaceAll(
      /[!'()*]/g,
      (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
    );
    return [encoded, strict, strict.replaceAll('%20', '+'), encodeURIComponent(strict)];
  } catch {
    // a lone surrogate
    return [];
  }
}

/** Is it a secret wherever else it stands, too? */
function isTelling(kind: NameKind, secret: string): boolean {
  if (kind === 'person' || kind === 'plain' || kind === 'about' || secret.includes(REDACTED)) return false;
  if (/^[-+]?[\d.,:_ /-]+$/.test(secret))
    return secret.replaceAll(/\D/g, '').length >= 12 && /^(?:\d[ -]?)+$/.test(secret);
  if (looksRandom(secret)) return !/^[a-z][a-z\d+.-]*:\/\//i.test(secret);
  if (kind === 'doubtful' || isPlace(secret) || /^[^\s@]+@[^\s@]+\.[a-z]{2,24}$/i.test(secret)) return false;
  if (secret.length < 8 && !/^(?=.*\d)(?=.*[A-Za-z])/s.test(secret)) return false;
  // `postgres`, `changeme`: words that stand elsewhere for what they are
  if (/^[a-z_ -]+$/i.test(secret) && wordsOf(secret).every((word) => isCommonWord(word))) return false;
  return kind === 'strong' || secret.length >= 8;
}

const COMMON = new Set(
  'postgres postgresql default changeme username localhost required application development production'.split(
    ' ',
  ),
);

function isCommonWord(word: string): boolean {
  return COMMON.has(word) || judgeName(word) !== 'plain';
}
