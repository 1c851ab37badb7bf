import { isSensitiveName } from './sensitive-names.ts';

/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** Texts longer than this are cut before they are searched, so that no pattern takes long. */
const LONGEST = 1_000_000;

/**
 * With each pattern, texts of which one is in whatever it matches: looking for those first saves compiling and running
 * it for the values that have none, which are nearly all (2 of the 60 ms of a report).
 */
const PATTERNS: readonly [readonly string[], RegExp, string][] = [
  // PEM, RFC 7468; in a repr the line ends are \n; cut off without an end too
  [
    ['PRIVATE KEY-----'],
    /-----BEGIN [A-Z\d ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z\d ]*PRIVATE KEY-----|$)/g,
    REDACTED,
  ],
  // JWT: RFC 7519; the header is JSON and begins with {" in base64url
  [['eyJ'], /\beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?/g, REDACTED],
  // AWS access key ids, docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  [['AKIA', 'ASIA', 'ABIA', 'ACCA'], /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z\d]{16}\b/g, REDACTED],
  // GitHub, Slack, Stripe, GitLab, Google: their documented prefixes
  [
    ['gh', 'github_pat_', 'xox', 'glpat-', 'AIza'],
    /\b(?:gh[pousr]_[A-Za-z\d]{30,}|github_pat_\w{30,}|xox[abeoprs]-[\w-]{10,}|glpat-[\w-]{20,}|AIza[\w-]{35})/g,
    REDACTED,
  ],
  [['k_live_', 'k_test_'], /\b[spr]k_(?:live|test)_[A-Za-z\d]{16,}/g, REDACTED],
  // user:password@ of any URL, RFC 3986 3.2.1
  [['://'], /\b([a-z][a-z\d+.-]{1,30}:\/\/[^\s/?#:@'"]{0,200}):[^\s/?#'"]{1,500}@/gi, `$1:${REDACTED}@`],
  // RFC 6750, RFC 7617
  [
    ['Bearer', 'Basic', 'Digest', 'Token'],
    /\b(Bearer|Basic|Digest|Token)\s+[\w.~+/-]{8,}=*/g,
    `$1 ${REDACTED}`,
  ],
];

/** `name=value`, `name: value`, `"name": "value"`: the value goes where the name is a sensitive one. */
const ASSIGNMENT =
  /(?<name>[A-Za-z_][\w.-]{1,80})(?<joint>["']?\s{0,3}(?:=>?|:)\s{0,3})(?<value>b?"(?:[^"\\]|\\.){0,5000}"|b?'(?:[^'\\]|\\.){0,5000}'|[^\s,;&(){}[\]"'<>]{1,5000})/g;

const DIGITS = /(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.]?\d)/g;

/**
 * `text` without the secrets that can be recognised in it: private keys, tokens, passwords in URLs, card numbers, and
 * the values of sensitive names. `literals` says that only quoted values are values (source code: `password = form.x`
 * is not one).
 */
export function redactText(text: string, { literals = false } = {}): string {
  let redacted = text.length > LONGEST ? text.slice(0, LONGEST) : text;
  for (const [parts, pattern, replacement] of PATTERNS) {
    if (!parts.some((part) => text.includes(part))) continue;
    redacted = redacted.replaceAll(pattern, replacement);
  }
  redacted = redacted.replaceAll(DIGITS, (digits) => (isCardNumber(digits) ? REDACTED : digits));
  return withoutAssigned(redacted, literals);
}

function withoutAssigned(text: string, literals: boolean): string {
  if (!text.includes('=') && !text.includes(':')) return text;
  let result = '';
  let done = 0;
  ASSIGNMENT.lastIndex = 0;
  for (let match = ASSIGNMENT.exec(text); match !== null; match = ASSIGNMENT.exec(text)) {
    const [all, name = '', joint = '', value = ''] = match;
    const quoted = /^b?["']/.test(value);
    if (!isSensitiveName(name) || isPlain(value) || (literals && !quoted)) {
      // what looks like the value may be the next name: `failed: password=x`
      ASSIGNMENT.lastIndex = match.index + name.length + joint.length;
      continue;
    }
    result += text.slice(done, match.index) + name + joint;
    result += quoted ? value.replace(/^(b?["'])[\s\S]*(["'])$/, `$1${REDACTED}$2`) : REDACTED;
    done = match.index + all.length;
  }
  return result + text.slice(done);
}

/** An absent secret is no secret, and to know that it was absent often explains the crash. */
function isPlain(value: string): boolean {
  return /^(?:None|True|False|null|true|false|''|""|b''|b""|\[redacted\].*)$/.test(value);
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
