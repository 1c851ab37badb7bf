/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** A part of a text that is not shown. */
export interface Edit {
  start: number;
  end: number;
}

/** The text without these parts; parts that touch or overlap are one. */
export function withoutParts(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const ordered = edits.toSorted((left, right) => left.start - right.start || right.end - left.end);
  let result = '';
  let done = 0;
  let open: Edit | undefined;
  const close = (): void => {
    if (open === undefined) return;
    result += text.slice(done, open.start) + REDACTED;
    done = open.end;
  };
  for (const { start, end } of ordered) {
    if (open !== undefined && start <= open.end) {
      open = { start: open.start, end: Math.max(open.end, end) };
      continue;
    }
    close();
    open = { start, end };
  }
  close();
  return result + text.slice(done);
}
