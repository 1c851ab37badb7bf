import { JoinedText } from './joined-text.ts';
import type { Span } from '../project.ts';
import type { SourceFile } from './text.ts';

export interface UnitEntry {
  section: string;
  key: string;
  /** Where the key stands. */
  keyAt: Span;
  value: JoinedText;
}

/**
 * The assignments of a systemd unit file in their order, as systemd reads them (systemd.syntax(7), conf-parser.c): a
 * backslash at the end of a line continues it with a space, comment lines inside of a continuation are left out,
 * blanks around `=` do not count.
 */
export function readUnitFile(file: SourceFile): UnitEntry[] {
  const entries: UnitEntry[] = [];
  const { text } = file;
  let section = '';
  let joined = '';
  let pieces: { from: number; offset: number }[] = [];
  for (let start = 0; start < text.length;) {
    const match = /\r\n|\n|\r/g;
    match.lastIndex = start;
    const end = match.exec(text);
    const stop = end?.index ?? text.length;
    const line = text.slice(start, stop);
    const blank = line.length - line.trimStart().length;
    const content = line.slice(blank);
    const offset = start + blank;
    start = end === null ? text.length : stop + end[0].length;
    if (/^[#;]/.test(content)) continue;
    pieces.push({ from: joined.length, offset });
    const continued = endsInBackslash(joined + content) && end !== null;
    joined += continued ? `${content.slice(0, -1)} ` : content;
    if (continued) continue;
    const value = new JoinedText(file, joined, pieces);
    joined = '';
    pieces = [];
    const header = /^\[([^\]]*)\]\s*$/.exec(value.text);
    if (header !== null) {
      section = header[1] ?? '';
      continue;
    }
    const equals = value.text.indexOf('=');
    if (equals <= 0) continue;
    const key = value.slice(0, equals).trim();
    entries.push({
      section,
      key: key.text,
      keyAt: key.span(),
      value: value.slice(equals + 1, value.text.length).trim(),
    });
  }
  return entries;
}

/** An odd number of them: two are one that is escaped. */
function endsInBackslash(text: string): boolean {
  let count = 0;
  while (text[text.length - 1 - count] === '\\') count++;
  return count % 2 === 1;
}
