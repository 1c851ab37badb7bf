import { isWordLike } from './letters.ts';
import { ABOUT, ENGLISH, GLUE, IDENTIFIES, NEUTRAL } from './words.ts';

/** A run of characters of which keys and tokens are made, of letters of both cases, digits, and changes between them. */
function changes(text: string): {
  lower: number;
  upper: number;
  digits: number;
  changes: number;
  letters: number;
} {
  const found = { lower: 0, upper: 0, digits: 0, changes: 0, letters: 0 };
  let before = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    let kind = 0;
    if (code >= 97 && code <= 122) kind = 1;
    else if (code >= 65 && code <= 90) kind = 2;
    else if (code >= 48 && code <= 57) kind = 3;
    if (kind === 1) found.lower += 1;
    else if (kind === 2) found.upper += 1;
    else if (kind === 3) found.digits += 1;
    if (kind !== 0 && before !== 0 && kind !== before) found.changes += 1;
    if (kind !== 0) before = kind;
  }
  found.letters = found.lower + found.upper;
  return found;
}

/** The most that is looked at to decide what a text looks like. */
const ENOUGH = 256;

/**
 * Does it look like a secret under a name that only may be one's? A part of letters and digits as no word and no number
 * has, a long one of mixed case, or a password as people make them (`p@ss!w0rd`): no spaces, three kinds of characters.
 */
export function looksRandom(text: string): boolean {
  const looked = text.length > ENOUGH ? text.slice(0, ENOUGH) : text;
  // a date, a number, an address; a card's number is looked for by itself
  if (/^\d[-\d:.T/ +Z]*$/.test(looked)) return false;
  for (const part of looked.split(/[^A-Za-z\d]+/)) if (isRandomPart(part)) return true;
  if (/\s/.test(looked) || looked.length < 6 || looked.length > 64) return false;
  const { lower, upper, digits } = changes(looked);
  const symbols = /[!@#$%^&*?~+=|]/.test(looked);
  // `shop@2.example.com` is an address, `a=b&c=1` a query: texts of their own
  return symbols && digits > 0 && lower + upper > 0 && !/^[\w.+-]+@[\w.-]+\.[a-z]+$|[=/:]/i.test(looked);
}

function isRandomPart(part: string): boolean {
  if (part.length < 8) return false;
  const { lower, upper, digits, changes: all } = changes(part);
  if (digits > 0 && lower + upper > 0) {
    // `shop2026` and `2026checkout` are a word and a number, `v1beta2` a version
    if (/^(?:[a-z]+\d+|\d+[a-z]+)$/i.test(part))
      return part.length >= 12 && digits >= 4 && lower > 0 && upper > 1;
    return all >= 3 || digits + lower + upper >= 16 || /[a-z]{2}\d+[A-Z]{2}/.test(part);
  }
  return part.length >= 16 && lower > 0 && upper > 1 && all >= part.length * 0.4;
}

/**
 * Does a run of token characters look like a key wherever it stands? Long, of upper and lower case and digits, changing
 * between them as often as chance does: names, paths and hexadecimal digests do not.
 */
export function looksLikeKey(run: string): boolean {
  if (run.length < 16) return false;
  const looked = run.length > ENOUGH ? run.slice(0, ENOUGH) : run;
  const { lower, upper, digits, changes: all, letters } = changes(looked);
  const least = run.length < 24 ? 0.5 : 0.42;
  if (run.length < 40 && /^(?!.*(?:key|secret|tok|live|test|prod|pat)_)[a-z]{2,10}_[A-Za-z\d]+$/.test(run))
    return false;
  return lower > 2 && upper > 2 && digits > 1 && all >= (letters + digits) * least;
}

/** A path, a host, a URL, a dotted name, a media type: what stands under weak names and is no secret. */
export function isPlace(text: string): boolean {
  if (text.length > ENOUGH || looksRandom(text))
    return /^[a-z][a-z\d+.-]{1,20}:\/\/[^\s@]*$/i.test(text.slice(0, ENOUGH));
  return (
    /^(?:~|\.{1,2})?\/[\w.@+~/-]*$/.test(text) ||
    /^[A-Za-z]:\\/.test(text) ||
    /^[a-z][a-z\d+.-]{1,20}:\/\//i.test(text) ||
    // a module, with a class at its end; a host
    /^[a-z_]+(?:\.[a-z_]+)*\.[A-Za-z_]+$/.test(text) ||
    /^[a-z\d-]+(?:\.[a-z\d-]+)*\.[a-z]{2,12}(?::\d+)?$/.test(text) ||
    /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/.test(text) ||
    /^[\w-]+\/[\w./-]+$/.test(text)
  );
}

/**
 * Is it nothing that a language or a program has a word for? Random, or made up: a part of letters that no word is spelled
 * like. What a text without a name is hidden for, and what is looked for in the rest of the report.
 */
export function isMadeUp(text: string): boolean {
  // `AUTOINCREMENT`: a word of SQL, a constant
  if (text.length < 8 || text.length > 200 || /\s|^[A-Z_]+$/.test(text)) return false;
  if (looksRandom(text) || isMixed(text)) return true;
  const parts = text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/);
  return parts.some((part) => part.length > 5 && !isWordLike(part) && !isWordOfNames(part.toLowerCase()));
}

/** `mismatch`, `postgresql`: a word that names are made of. */
function isWordOfNames(word: string): boolean {
  return [ABOUT, ENGLISH, GLUE, IDENTIFIES, NEUTRAL].some((words) => words.has(word));
}

/** What is random and no secret: a UUID (RFC 9562), a date, a version, an address, a path, a number. */
export function isIdentifier(text: string): boolean {
  return (
    /^[{]?[\da-f]{8}-?(?:[\da-f]{4}-){3}[\da-f]{12}[}]?$/i.test(text) ||
    /^v?\d{1,8}(?:[.:_-]\d{1,8})*[a-z]{0,6}\d{0,4}$/i.test(text) ||
    /^(?:[\da-f]{2}[:-]){5}[\da-f]{2}$/i.test(text) ||
    /^(?:sha\d{1,3}|md5|git|urn|arn|rfc|iso|cve|utf|0x)[-:\d]/i.test(text) ||
    /^[^\s@]+@[\w.-]+\.[a-z]{2,24}$/i.test(text) ||
    isPlace(text) ||
    /[/\\]/.test(text.replace(/[=+]*$/, '').slice(0, 2)) ||
    /^\d{4}-\d{2}-\d{2}/.test(text) ||
    /\.(?:py|js|ts|json|html?|css|png|jpe?g|gif|pdf|csv|txt|log|sock|so|sql|ya?ml|xml|zip|gz|com|org|net|io|internal|local|invalid|test|example)(?::\d+)?$/i.test(
      text,
    )
  );
}

/** Letters of both cases as no name of a class has them. */
function isMixed(text: string): boolean {
  if (!/^[A-Za-z]{8,}$/.test(text)) return false;
  const parts = text.split(/(?=[A-Z])/);
  return parts.length > 2 && parts.length * 3 > text.length;
}

/** Letters as no English word ends: nothing that is said of a secret, but it itself. */
export function isNoWord(text: string): boolean {
  return (
    /^[A-Za-z]{8,}$/.test(text) &&
    (!isWordLike(text) ||
      !/(?:e[drstn]|ing|[ai]ble|[aei]n[tc]e?|[aeo]ct|ous|ive|[aeo]ry|ful|less|[ai]l|ic|id|ate|ions?|ity|ness|ly|ers?|ors?|ure|nge|nse|ord|ism|ist|age|ace|ade|ode|ort|ass|ess|oint|load|name|base|size|time|line|file|type|word|key|ph?ase|rase|ithm|ows?|ing|s)$/.test(
        text,
      ))
  );
}

/** Is it no word of a language, and the name of no algorithm? Right beside the name of a secret only. */
export function isTelling(text: string): boolean {
  return (
    isNoWord(text) ||
    isMixed(text) ||
    (text.length > 3 && /\d/.test(text) && /[A-Za-z]/.test(text) && !ALGORITHM.test(text))
  );
}

const ALGORITHM =
  /^(?:pbkdf2|sha\d|md5|bcrypt|argon|scrypt|utf|base\d|[rhep]s\d{3}|v\d|iso|python|django|oauth|http|0x)/i;

/** What stands for a secret that is absent, hidden already or filled in later: it gives nothing away. */
export function isPlaceholder(text: string): boolean {
  return (
    text === '' ||
    (text.length < 80 &&
      /^(?:None|null|nil|undefined|yes|no|on|off|ok|true|false|required|optional|missing|invalid|incorrect|wrong|expired|empty|unset|hidden|unknown|n\/a|str|string|bytes|int|integer|bool|boolean|number|text|char|varchar|[*•._-]+|[xX]{3,}|\?|%s|%\(\w+\)s|:\w+|\$\d+|\$\{?\w+\}?|\{\d?\}|\{\w{0,30}(?:passw|token|secret|key|pwd|pass|auth)\w{0,30}\}|\{\{[^{}]*\}\}|<[\w .-]+>|\.\.\.|…|\[(?:redacted|filtered)\])$/i.test(
        text,
      ))
  );
}

/** Numbers of the big card networks (ISO/IEC 7812: prefix and length) that pass the Luhn check. */
export function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '');
  const networks =
    /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17})$/;
  return networks.test(digits) && luhn(digits);
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
