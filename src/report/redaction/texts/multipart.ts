import { judgeName, mayHide } from '../names.ts';
import type { Scan } from './scan.ts';
import { isSecretText } from './values.ts';

/** The parts of `multipart/form-data` (RFC 7578): the name is in a header, the value after the blank line. */
export function scanMultipart(scan: Scan): void {
  const { text } = scan;
  for (let at = scan.next('form-data', 0); at < text.length; at = scan.next('form-data', at + 9)) {
    const line = scan.lineEnd(at);
    const name = /;\s*name="?([^";\r\n]{1,100})/i.exec(text.slice(at, Math.min(line, at + 300)))?.[1];
    if (name === undefined) continue;
    const kind = judgeName(name);
    if (!mayHide(kind)) continue;
    const blank = /\r?\n\r?\n/.exec(text.slice(line, line + 500));
    if (blank === null) continue;
    const start = line + blank.index + blank[0].length;
    const end = scan.next('\n--', start);
    const stop = text[end - 1] === '\r' ? end - 1 : end;
    if (isSecretText(kind, text.slice(start, Math.min(stop, start + 5000)))) scan.hide(start, stop, kind);
  }
}
