import type { Span } from '../project.ts';
import type { SourceFile } from './text.ts';

/** Text that was put together from pieces of a file (continued lines), with the place of every character. */
export class JoinedText {
  readonly text: string;
  readonly file: SourceFile;
  readonly #pieces: readonly { from: number; offset: number }[];

  /** `pieces`: where each piece begins in `text` and in the file; the first begins at 0. */
  constructor(file: SourceFile, text: string, pieces: readonly { from: number; offset: number }[]) {
    this.file = file;
    this.text = text;
    this.#pieces = pieces;
  }

  /** One piece of the file as it is. */
  static of(file: SourceFile, start: number, end: number): JoinedText {
    return new JoinedText(file, file.text.slice(start, end), [{ from: 0, offset: start }]);
  }

  /** The part from `start` up to, not including, `end`. */
  slice(start: number, end: number): JoinedText {
    const pieces = this.#pieces
      .filter((piece, index) => piece.from < end && (this.#pieces[index + 1]?.from ?? Infinity) > start)
      .map(({ from, offset }) =>
        from < start ? { from: 0, offset: offset + start - from } : { from: from - start, offset },
      );
    return new JoinedText(
      this.file,
      this.text.slice(start, end),
      pieces.length > 0 ? pieces : [{ from: 0, offset: 0 }],
    );
  }

  trim(): JoinedText {
    const start = this.text.length - this.text.trimStart().length;
    return this.slice(start, Math.max(start, this.text.trimEnd().length));
  }

  /** Where the characters from `start` to `end` stand in the file. */
  span(start = 0, end = this.text.length): Span {
    return this.file.span(this.#offset(start), end > start ? this.#offset(end - 1) + 1 : this.#offset(start));
  }

  #offset(index: number): number {
    const piece = this.#pieces.findLast(({ from }) => from <= index) ?? { from: 0, offset: 0 };
    return piece.offset + index - piece.from;
  }
}
