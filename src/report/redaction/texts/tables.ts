import { judgeName, mayHide, type NameKind } from '../names.ts';
import { quotedEnd, type Scan } from './scan.ts';
import { isSecretText } from './values.ts';

const MOST_COLUMNS = 200;

/** Values whose names are in another list: `INSERT INTO t (name, password) VALUES ('ada', 'x')`, and CSV with a head. */
export function scanTables(scan: Scan): void {
  const { text } = scan;
  for (let at = scan.next('(', 0); at < text.length; at = scan.next('(', at + 1)) {
    if (!/(?:into|replace)\s+[\w."`[\]]+\s*$/i.test(text.slice(Math.max(0, at - 80), at))) continue;
    const columns = cells(scan, at + 1);
    at = columns.end;
    const kinds = columns.cells.map(({ start, end }) => judgeName(text.slice(start, end)));
    if (!kinds.some(mayHide)) continue;
    parameters(scan, kinds, columns.end + 1);
    let from = columns.end + 1;
    // rows: VALUES (…), (…)
    for (;;) {
      const next = /^[\s,]*(?:values\s*)?\(/i.exec(text.slice(from, from + 40))?.[0];
      if (next === undefined) break;
      const row = cells(scan, from + next.length);
      hideRow(scan, kinds, row.cells);
      from = row.end + 1;
    }
  }
  scanCsv(scan);
}

interface Cell {
  start: number;
  end: number;
}

function hideRow(scan: Scan, kinds: readonly NameKind[], row: readonly Cell[]): void {
  for (const [column, { start, end }] of row.entries()) {
    const kind = kinds[column];
    if (kind !== undefined && isSecretText(kind, scan.text.slice(start, end))) scan.hide(start, end, kind);
  }
}

/** SQLAlchemy: `VALUES (?, ?)]\n[parameters: ('ada', 'x')]`, and a list of such rows. */
function parameters(scan: Scan, kinds: readonly NameKind[], from: number): void {
  const { text } = scan;
  const marks = /^[\s,]{0,10}values\s{0,10}\((?:[\s,?]|%s|:\w+|\$\d+){1,2000}\)/i;
  if (!marks.test(text.slice(from, from + 4000))) return;
  scan.work.spend(4000);
  let at = scan.next('parameters: ', from);
  if (at === text.length) return;
  at += 'parameters: '.length;
  for (;;) {
    const next = /^[\s,[]{0,10}\(/.exec(text.slice(at, at + 40))?.[0];
    if (next === undefined) return;
    const row = cells(scan, at + next.length);
    hideRow(scan, kinds, row.cells);
    at = row.end + 1;
  }
}

/** The items of a list in round brackets: without quotes and blanks around them. */
function cells({ text, work }: Scan, from: number): { cells: Cell[]; end: number } {
  const found: Cell[] = [];
  let start = from;
  let at = from;
  let quoted: Cell | undefined;
  const push = (end: number): void => {
    let to = end;
    while (start < to && /\s/.test(text[start] ?? 'x')) start += 1;
    while (to > start && /\s/.test(text[to - 1] ?? 'x')) to -= 1;
    found.push(quoted ?? { start, end: to });
    quoted = undefined;
    start = end + 1;
  };
  while (at < text.length && text[at] !== ')' && found.length < MOST_COLUMNS) {
    const quote = quotedEnd(text, at);
    if (quote !== undefined) {
      quoted ??= { start: quote.start, end: quote.end };
      at = Math.max(at + 1, quote.after);
      continue;
    }
    if (text[at] === ',') push(at);
    at += 1;
  }
  push(Math.min(at, text.length));
  work.spend(at - from);
  return { cells: found, end: at };
}

/** RFC 4180, with tabs and semicolons too: a first line of nothing but names. */
function scanCsv(scan: Scan): void {
  const { text } = scan;
  const head = scan.lineEnd(0);
  if (head >= text.length || head > 2000) return;
  const separator = /[,;\t|]/.exec(text.slice(0, head))?.[0];
  if (separator === undefined) return;
  const names = text.slice(0, head).split(separator);
  if (!names.every((name) => /^\s*"?[\w. -]{0,60}"?\s*$/.test(name))) return;
  const kinds = names.map((name) => judgeName(name));
  if (!kinds.some(mayHide)) return;
  let from = scan.next('\n', head) + 1;
  while (from < text.length) {
    const end = scan.lineEnd(from);
    let at = from;
    for (const [column, cell] of text.slice(from, end).split(separator).entries()) {
      const kind = kinds[column];
      const bare = cell.replaceAll('"', '').trim();
      if (kind !== undefined && isSecretText(kind, bare)) scan.hide(at, at + cell.length, kind);
      at += cell.length + 1;
    }
    scan.work.spend(end - from);
    from = scan.next('\n', end) + 1;
  }
}
