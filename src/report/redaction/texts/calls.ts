import { looksRandom } from '../looks.ts';
import { isKnownName, judgeName } from '../names.ts';
import { quotedEnd, type Scan } from './scan.ts';
import { isSecretText } from './values.ts';

/** These ask for a secret by its name, or are about one. */
const ASKS_FOR =
  /^(?:get|load|read|fetch|find|lookup|has|is|delete|remove|raise|assert|test|missing|need|require|ask|prompt|input)/i;
/** So much of a call's text is looked at: unbounded, `pass('pass('…` costs its square. */
const MOST_TEXT = 5000;

/** `set_password('x')`, `SecretStr('x')`, `PASSWORD('x')`, `HTTPBasicAuth('user', 'x')`. */
export function scanCalls(scan: Scan): void {
  const { text } = scan;
  for (let at = scan.next('(', 0); at < text.length; at = scan.next('(', at + 1)) {
    const prefix = /^b?(?=["'])/.exec(text.slice(at + 1, at + 3))?.[0].length;
    if (prefix === undefined) continue;
    const name = /[A-Za-z_]\w{2,60}$/.exec(text.slice(Math.max(0, at - 62), at))?.[0];
    scan.work.spend(64);
    if (name === undefined || ASKS_FOR.test(name)) continue;
    const basic = /(?:basic_?auth|log_?in|logon|sign_?in|authenticate)$/i.test(name);
    if (!basic && judgeName(name.replace(/_?str$/i, '')) !== 'strong') continue;
    const value = argument(scan, at + 1 + prefix, basic);
    if (value === undefined) continue;
    const inside = text.slice(value.start, Math.min(value.end, value.start + MOST_TEXT));
    if ((isKnownName(inside) && !looksRandom(inside)) || /:\s*$/.test(inside)) continue;
    if (!isSecretText('strong', inside)) continue;
    scan.hide(value.start, value.end, 'strong');
    at = value.end;
  }
}

/** The text at `at`, or the one after it. */
function argument(
  { text, work }: Scan,
  at: number,
  second: boolean,
): { start: number; end: number } | undefined {
  const first = quotedEnd(text, at, Math.min(text.length, at + MOST_TEXT));
  if (first === undefined || !second) return first;
  work.spend(first.end - at);
  const next = /^\s*,\s*b?(?=["'])/.exec(text.slice(first.after, first.after + 20))?.[0];
  const from = first.after + (next?.length ?? 0);
  return next === undefined ? undefined : quotedEnd(text, from, Math.min(text.length, from + MOST_TEXT));
}
