import type { Insertion } from '../edit/insertion.ts';
import { indentation, lineEnding, lineStart, nextLine } from '../edit/text-style.ts';
import type { Syntax } from '../project/readers/python/syntax.ts';
import type { SourceFile } from '../project/readers/text.ts';

const IMPORTS = new Set(['import_statement', 'import_from_statement', 'future_import_statement']);

/**
 * The import and the call of `install()`, first in `if __name__ == '__main__':`, which only the program itself runs; in
 * a program without that behind its imports. Undefined where there is no line of their own for them.
 */
export function installation(
  { text }: SourceFile,
  syntax: Syntax,
  module: string,
): readonly Insertion[] | undefined {
  const end = lineEnding(text);
  const main = syntax.named.find(({ text: code }) => /^if\s*\(?\s*__name__\s*==/.test(code));
  if (main !== undefined) {
    const first = main.field('consequence')?.named[0];
    if (first === undefined) return undefined;
    const at = lineStart(text, first.start);
    if (at <= main.start) return undefined;
    const indent = indentation(text, first.start);
    return [{ at, text: `${indent}from ${module} import install${end}${end}${indent}install()${end}` }];
  }
  const last = syntax.named.findLast(({ type }) => IMPORTS.has(type));
  const [docstring, second] = syntax.named;
  const isDocstring = docstring?.type === 'expression_statement' && docstring.child('string') !== undefined;
  const before = last ?? (isDocstring ? docstring : undefined);
  const lines = `from ${module} import install${end}${end}install()${end}`;
  if (before !== undefined) {
    const at = nextLine(text, before.end);
    const isEnd = at > 0 && !/[\r\n]/.test(text.charAt(at - 1));
    return [{ at, text: isEnd ? `${end}${lines}` : lines }];
  }
  const first = isDocstring ? second : docstring;
  return first === undefined ? undefined : [{ at: lineStart(text, first.start), text: `${lines}${end}` }];
}
