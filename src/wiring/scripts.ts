import type { Insertion } from '../edit/insertion.ts';
import { indentation, lineEnding, lineStart, nextLine } from '../edit/text-style.ts';
import { functionsOf } from '../project/frameworks/blocks.ts';
import type { Syntax } from '../project/readers/python/syntax.ts';
import type { SourceFile } from '../project/readers/text.ts';

const IMPORTS = new Set(['import_statement', 'import_from_statement', 'future_import_statement']);

/**
 * The import and the call of `install()`, first in the function that an installed command `calls`, else, but not where that calls an object, first in `if __name__ == '__main__':`, which only the program itself runs; in
 * a program without that behind its imports. Undefined where there is no line of their own for them.
 */
export function installation(
  { text }: SourceFile,
  syntax: Syntax,
  module: string,
  calls?: string,
): readonly Insertion[] | undefined {
  const end = lineEnding(text);
  if (calls !== undefined && calls !== '') {
    const definition = functionsOf(syntax).find(({ name }) => name === calls)?.definition;
    const [first, second] = definition?.field('body')?.named ?? [];
    const statement = first !== undefined && isDocstring(first) ? second : first;
    if (definition === undefined || statement === undefined) return undefined;
    const at = lineStart(text, statement.start);
    if (at <= definition.start) return undefined;
    const indent = indentation(text, statement.start);
    return [{ at, text: `${indent}from ${module} import install${end}${end}${indent}install()${end}` }];
  }
  const main = syntax.named.find(({ text: code }) => /^if\s*\(?\s*__name__\s*==/.test(code));
  if (main !== undefined && calls === undefined) {
    const first = main.field('consequence')?.named[0];
    if (first === undefined) return undefined;
    const at = lineStart(text, first.start);
    if (at <= main.start) return undefined;
    const indent = indentation(text, first.start);
    return [{ at, text: `${indent}from ${module} import install${end}${end}${indent}install()${end}` }];
  }
  const last = syntax.named.findLast(({ type }) => IMPORTS.has(type));
  const [docstring, second] = syntax.named;
  const documented = docstring !== undefined && isDocstring(docstring);
  const before = last ?? (documented ? docstring : undefined);
  const lines = `from ${module} import install${end}${end}install()${end}`;
  if (before !== undefined) {
    const at = nextLine(text, before.end);
    const isEnd = at > 0 && !/[\r\n]/.test(text.charAt(at - 1));
    return [{ at, text: isEnd ? `${end}${lines}` : lines }];
  }
  const first = documented ? second : docstring;
  return first === undefined ? undefined : [{ at: lineStart(text, first.start), text: `${lines}${end}` }];
}

function isDocstring(statement: Syntax): boolean {
  return statement.type === 'expression_statement' && statement.child('string') !== undefined;
}
