import { isImported } from '../entry-points.ts';
import type { EntryPoint, Span } from '../project.ts';
import type { Syntax } from '../readers/python/syntax.ts';
import { hasOwnLine, precedes, type Placed } from './blocks.ts';
import type { Framework } from './framework.ts';

/**
 * `bottle.run()` without an application serves the one that the module itself keeps, and that has no name here: it is
 * watched by a statement without arguments before that call. Undefined where the call is given an application.
 */
export function defaultApplication(
  call: Syntax,
  placed: Placed,
  statements: readonly Placed[],
  framework: Framework,
): Pick<EntryPoint, 'inPlace' | 'wrapped' | 'unreadable'> | undefined {
  const given = call.field('arguments')?.named ?? [];
  const isGiven = given.some((argument) =>
    argument.type === 'keyword_argument'
      ? argument.field('name')?.text === 'app'
      : argument.type !== 'dictionary_splat' && argument.type !== 'comment',
  );
  if (isGiven || placed.statement.child('call')?.start !== call.start) return undefined;
  const { file } = call;
  const wrapped = watching(statements, placed, framework.call);
  return {
    inPlace: {
      call: framework.call,
      target: '',
      statement: file.span(placed.statement.start, placed.statement.end),
      where: 'before',
    },
    ...(wrapped === undefined ? {} : { wrapped }),
    ...(hasOwnLine(placed) ? {} : { unreadable: 'the server is started in the middle of a line' }),
  };
}

function watching(statements: readonly Placed[], run: Placed, call: string): Span | undefined {
  for (const placed of statements) {
    const inner = placed.statement.child('call');
    const name = inner?.field('function')?.text ?? '';
    if (inner === undefined || (name !== call && !name.endsWith(`.${call}`))) continue;
    if (inner.field('arguments')?.named.length !== 0 || !isImported(inner, inner.file.text)) continue;
    if (precedes(placed, run)) return inner.file.span(inner.start, inner.end);
  }
  return undefined;
}
