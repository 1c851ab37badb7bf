import { judgeName, mayHide, type NameKind } from '../names.ts';
import { quotedEnd, type Scan } from './scan.ts';
import { isSecretText } from './values.ts';

const MOST_TAG = 2000;

/** XML and HTML: `<password>x</password>`, `<add key="password" value="x"/>`, `<key>password</key><string>x</string>`. */
export function scanMarkup(scan: Scan): void {
  const { text } = scan;
  let named: NameKind | undefined;
  for (let at = scan.next('<', 0); at < text.length; at = scan.next('<', at + 1)) {
    const tag = /^<(\/?)([A-Za-z_][\w.:-]{0,80})/.exec(text.slice(at, at + 90));
    // (?P<name>…) of a regular expression is no tag
    if (tag === null || text.startsWith('?P', at - 2)) continue;
    const [whole, closing, element = ''] = tag;
    if (closing === '/') continue;
    const local = element.slice(element.lastIndexOf(':') + 1);
    const own = judgeName(local);
    const { end, kind } = scanAttributes(scan, at + whole.length, mayHide(own) ? own : undefined);
    const names = /^(?:key|name|param-name|setting|property|t[dh]|dt|label|b|strong|span)$/i.test(local);
    const inside = kind ?? (mayHide(own) && !names ? own : (named ?? kindOfLead(text, at)));
    named = undefined;
    if (text[end] !== '>' || text[end - 1] === '/') continue;
    const stop = contentEnd(scan, end + 1);
    if (inside !== undefined) {
      hideContent(scan, end + 1, stop, inside);
      // <setting name="ApiKey"><value>x</value>
      if (text.slice(end + 1, Math.min(stop, end + 200)).trim() === '') named = inside;
    } else if (names && stop - end < 120) {
      // the next element is the value of what this one names
      const judged = judgeName(
        text
          .slice(end + 1, stop)
          .trim()
          .replace(/:$/, ''),
      );
      if (mayHide(judged)) named = judged;
    }
  }
}

/** `API key: <code>x</code>`, `your PIN is <b>x</b>`: the text before the element names what is in it. */
function kindOfLead(text: string, at: number): NameKind | undefined {
  const lead = /([A-Za-z]+(?: [A-Za-z]+)?)(?::| is) ?$/.exec(text.slice(Math.max(0, at - 60), at))?.[1];
  if (lead === undefined) return undefined;
  const kind = judgeName(lead);
  return mayHide(kind) ? kind : undefined;
}

function hideContent(scan: Scan, start: number, stop: number, kind: NameKind): void {
  const raw = scan.text.slice(start, stop);
  const lead = raw.length - raw.trimStart().length;
  const value = raw.trim();
  if (value !== '' && isSecretText(kind, value)) scan.hide(start + lead, start + lead + value.length, kind);
}

function contentEnd(scan: Scan, at: number): number {
  if (scan.text.startsWith('<![CDATA[', at)) return scan.next(']]>', at);
  return scan.next('<', at);
}

/** The attributes of a tag: one of them can name another one, or the content. */
function scanAttributes(scan: Scan, from: number, own?: NameKind): { end: number; kind?: NameKind } {
  const { text } = scan;
  let kind: NameKind | undefined;
  const values: { start: number; end: number }[] = [];
  let at = from;
  const most = Math.min(text.length, from + MOST_TAG);
  while (at < most && text[at] !== '>' && text[at] !== '<') {
    const attribute = /^([\w.:-]{1,60})\s{0,3}=\s{0,3}(?=["'])/.exec(text.slice(at, at + 80));
    if (attribute === null) {
      at += 1;
      continue;
    }
    const [whole, name = ''] = attribute;
    const value = quotedEnd(text, at + whole.length, most);
    if (value === undefined) break;
    if (/^(?:name|key|id|property|field|type)$/i.test(name)) {
      const judged = judgeName(text.slice(value.start, value.end));
      if (mayHide(judged)) kind = judged;
    } else if (/^(?:value|val|content|data|default)$/i.test(name)) values.push(value);
    at = value.after;
  }
  scan.work.spend(at - from);
  const of = kind ?? own;
  if (of !== undefined) {
    for (const { start, end } of values) {
      if (isSecretText(of, text.slice(start, end))) scan.hide(start, end, of);
    }
  }
  return { end: at, ...(kind === undefined || values.length > 0 ? {} : { kind }) };
}
