import type { Syntax } from '../readers/python/syntax.ts';

/** A statement with the blocks that it stands in, from the outermost of its scope to its own. */
export interface Placed {
  statement: Syntax;
  path: readonly Place[];
  /** Below `if __name__ == '__main__'`. */
  inMain: boolean;
}

interface Place {
  /** Where the block begins, which tells it from every other one of the scope. */
  block: number;
  index: number;
}

/** A function or method, not one that stands in another function. */
export interface DefinedFunction {
  /** `create_app`, for a method `Server.create_app`. */
  name: string;
  definition: Syntax;
  decorators: string;
  /** Of a method: what its class derives from. */
  bases?: string;
}

/** The statements of a scope, also those in its `if`, `try`, `with` and loops, in order; not those of functions and classes in it. */
export function statementsOf(block: Syntax): Placed[] {
  const found: Placed[] = [];
  visit(block, [], false, found);
  return found;
}

function visit(block: Syntax, path: readonly Place[], inMain: boolean, found: Placed[]): void {
  for (const [index, statement] of block.named.entries()) {
    const here = [...path, { block: block.start, index }];
    found.push({ statement, path: here, inMain });
    if (!COMPOUND.has(statement.type)) continue;
    const main = inMain || /^if\s*\(?\s*__name__\s*==/.test(statement.text);
    for (const inner of blocksIn(statement)) visit(inner, here, main, found);
  }
}

const COMPOUND = new Set([
  'if_statement',
  'try_statement',
  'with_statement',
  'for_statement',
  'while_statement',
  'match_statement',
]);

function blocksIn(node: Syntax): Syntax[] {
  return node.named.flatMap((child) =>
    child.type === 'block' && !child.named.some(({ type }) => type === 'case_clause')
      ? [child]
      : /_clause$|^block$/.test(child.type)
        ? blocksIn(child)
        : [],
  );
}

/** Is `later` surely preceded by `earlier` wherever it runs: does that stand in one of its blocks, above it? */
export function precedes(earlier: Placed, later: Placed): boolean {
  const at = earlier.path.at(-1);
  return later.path.some(({ block, index }) => at?.block === block && at.index < index);
}

/** The functions of a module and the methods of its classes, also those in `if` and `try`. */
export function functionsOf(module: Syntax): DefinedFunction[] {
  return statementsOf(module).flatMap(({ statement }) => definedBy(statement, ''));
}

function definedBy(statement: Syntax, prefix: string, bases?: string): DefinedFunction[] {
  const decorated = statement.type === 'decorated_definition';
  const definition = decorated ? statement.field('definition') : statement;
  const name = definition?.field('name')?.text;
  if (definition === undefined || name === undefined) return [];
  if (definition.type === 'function_definition') {
    const decorators = decorated ? statement.text.slice(0, definition.start - statement.start) : '';
    return [{ name: prefix + name, definition, decorators, ...(bases === undefined ? {} : { bases }) }];
  }
  if (definition.type !== 'class_definition' || prefix !== '') return [];
  const derivesFrom = definition.field('superclasses')?.text ?? '';
  return (definition.field('body')?.named ?? []).flatMap((inner) =>
    definedBy(inner, `${name}.`, derivesFrom),
  );
}

/** Is there nothing before the statement on its line? */
export function hasOwnLine({ statement }: Placed): boolean {
  const { text } = statement.file;
  const line = text.lastIndexOf('\n', statement.start - 1) + 1;
  return /^[ \t\f]*$/.test(
    text.slice(Math.max(line, text.lastIndexOf('\r', statement.start - 1) + 1), statement.start),
  );
}
