import { judgeName, mayHide, type NameKind } from '../names.ts';
import { quotedEnd, type Scan } from './scan.ts';
import { placeholderKinds } from './placeholders.ts';
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
  scanCrypt(scan);
  scanParameters(scan);
  scanConstraints(scan);
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

/** `pgp_sym_decrypt(d, 'x')`, `AES_ENCRYPT(d, 'x')`, `crypt('x', gen_salt('bf'))`. */
function scanCrypt(scan: Scan): void {
  const { text } = scan;
  if (!/crypt\s?\(/i.test(text)) return;
  const calls =
    /\b(?:pgp_sym_\w{7,14}|aes_\w{7})\s?\([^()']{1,100},\s?'([^']{4,100})'|\bcrypt\s?\(\s?'([^']{4,100})'/gi;
  for (const match of text.matchAll(calls)) {
    const end = match.index + match[0].length - 1;
    scan.hide(end - (match[1] ?? match[2] ?? '').length, end, 'strong');
  }
}

/** SQLAlchemy: `SET password=?]\n[parameters: ('x', 3)]`, a list of such rows; Django: `password = %s; args=('x', 3)`. */
function scanParameters(scan: Scan): void {
  const { text } = scan;
  const marks = /\b(?:parameters: |params[=:] ?|args[=:] ?)\[?(?=\()/g;
  let from = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const front = text.slice(Math.max(from, mark.index - MOST_STATEMENT), mark.index);
    scan.work.spend(front.length);
    const kinds = placeholderKinds(front.slice(Math.max(0, front.lastIndexOf('[SQL:'))));
    from = mark.index + mark[0].length;
    while (kinds.some(mayHide)) {
      const next = /^[\s,]{0,10}\(/.exec(text.slice(from, from + 20))?.[0];
      if (next === undefined) break;
      const row = cells(scan, from + next.length);
      hideRow(scan, kinds.slice(-row.cells.length), row.cells);
      from = row.end + 1;
    }
    marks.lastIndex = Math.max(marks.lastIndex, from);
  }
}

const MOST_STATEMENT = 4000;

/** PostgreSQL: `Key (api_token)=(x) already exists`; MySQL: `Duplicate entry 'x' for key 'users.api_token'`. */
function scanConstraints(scan: Scan): void {
  const { text } = scan;
  for (let at = scan.next('Key (', 0); at < text.length; at = scan.next('Key (', at + 5)) {
    const names = cells(scan, at + 5);
    if (!text.startsWith('=(', names.end + 1)) continue;
    hideRow(
      scan,
      names.cells.map(({ start, end }) => judgeName(text.slice(start, end))),
      cells(scan, names.end + 3).cells,
    );
    at = names.end;
  }
  for (
    let at = scan.next("Duplicate entry '", 0);
    at < text.length;
    at = scan.next("Duplicate entry '", at + 17)
  ) {
    const end = scan.next("' for key '", at + 17);
    const name = /^[\w.]{1,100}/.exec(text.slice(end + 11, end + 120))?.[0] ?? '';
    hideRow(
      scan,
      [judgeName(name.replace(/_?(?:uniq(?:ue)?|idx|index|key)$/i, ''))],
      [{ start: at + 17, end }],
    );
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
