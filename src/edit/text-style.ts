/** How the text around a place is written, so that what is put there looks the same. */

/** The line end of the first line end at or after `from`, else of the first in the text, else LF. */
export function lineEnding(text: string, from = 0): '\n' | '\r\n' | '\r' {
  const found = /\r\n|\n|\r/.exec(text.slice(from)) ?? /\r\n|\n|\r/.exec(text);
  return (found?.[0] as '\n' | '\r\n' | '\r' | undefined) ?? '\n';
}

/** Offset of the first code unit of the line that holds `offset`. */
export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== '\r') start--;
  return start;
}

/** Offset just after the line end of the line that holds `offset`; the text's length on its last line. */
export function nextLine(text: string, offset: number): number {
  const rest = /\r\n|\n|\r/g;
  rest.lastIndex = offset;
  const found = rest.exec(text);
  return found === null ? text.length : found.index + found[0].length;
}

/** Blanks and tabs that the line at `offset` begins with. */
export function indentation(text: string, offset: number): string {
  const blank = /[ \t\f]*/y;
  blank.lastIndex = lineStart(text, offset);
  return blank.exec(text)?.[0] ?? '';
}

/** One step of indentation as the file has it: a tab, or the smallest number of blanks that a line starts with. */
export function indentationUnit(text: string): string {
  let blanks = Infinity;
  for (const line of text.matchAll(/^([ \t]+)\S/gm)) {
    const start = line[1] ?? '';
    if (start.startsWith('\t')) return '\t';
    if (start.length > 1) blanks = Math.min(blanks, start.length);
  }
  return ' '.repeat(blanks === Infinity || blanks > 8 ? 4 : blanks);
}

/** The quote that Python strings in `near` (else in the whole text) are written with. */
export function pythonQuote(text: string, near: string): '"' | "'" {
  const first = /['"]/.exec(near)?.[0];
  if (first === '"' || first === "'") return first;
  return text.split('"').length > text.split("'").length ? '"' : "'";
}
