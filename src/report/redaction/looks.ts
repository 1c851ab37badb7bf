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
  if (run.length < 24) return false;
  const looked = run.length > ENOUGH ? run.slice(0, ENOUGH) : run;
  const { lower, upper, digits, changes: all, letters } = changes(looked);
  return lower > 2 && upper > 2 && digits > 1 && all >= (letters + digits) * 0.42;
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

/** Letters as no English word ends: nothing that is said of a secret, but it itself. */
export function isNoWord(text: string): boolean {
  return (
    /^[A-Za-z]{8,}$/.test(text) &&
    !/(?:e[drstn]|ing|[ai]ble|[aei]n[tc]e?|[aeo]ct|ous|ive|[aeo]ry|ful|less|[ai]l|ic|id|ate|ions?|ity|ness|ly|ers?|ors?|ure|nge|nse|ord|ism|ist|age|ace|ade|ode|ort|ass|ess|oint|load|name|base|size|time|line|file|type|word|key|ph?ase|rase|ithm|ows?|ing|s)$/.test(
      text,
    )
  );
}

/** Is it no word of a language? Under a name of a secret only. */
export function isTelling(text: string): boolean {
  return isNoWord(text) || (text.length > 3 && /\d/.test(text) && /[A-Za-z]/.test(text));
}

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
