import type { FirstPlace } from '../project/project.ts';
import type { Insertion } from './insertion.ts';
import { indentation, indentationUnit, lineEnding, lineStart, nextLine, pythonQuote } from './text-style.ts';

/**
 * Puts the string `value` in front of everything else in a Python list or tuple display.
 *
 * The new element takes the quotes, the indentation and the line end of its neighbours. Comment lines that stand
 * directly above the first element stay with it; a list in one line stays in one line.
 */
export function insertFirst(
  text: string,
  place: Pick<FirstPlace, 'literal' | 'firstElement'>,
  value: string,
): Insertion {
  const { literal, firstElement } = place;
  const display = text.slice(literal.start, literal.end);
  const quote = pythonQuote(
    text,
    firstElement === undefined ? '' : text.slice(firstElement.start, literal.end),
  );
  const element = `${quote}${value}${quote}`;
  if (firstElement === undefined) return intoEmpty(text, literal.start, display, element);
  const at = firstElement.start;
  const end = lineEnding(text, literal.start);
  const start = lineStart(text, at);
  if (text.slice(start, at).trim() !== '' || start <= literal.start) {
    // On the line of the opening bracket, or behind something else: `['a', 'b']`, or a hanging list.
    const next = nextLine(text, at);
    const hanging = next < literal.end && !/^[ \t]*[\])]/.test(text.slice(next, literal.end));
    return { at, text: hanging ? `${element},${end}${indentation(text, next)}` : `${element}, ` };
  }
  let line = start;
  while (line > literal.start) {
    const above = lineStart(text, line - (text.slice(line - 2, line) === '\r\n' ? 2 : 1));
    if (above <= literal.start || !/^[ \t\f]*#/.test(text.slice(above, line))) break;
    line = above;
  }
  return { at: line, text: `${indentation(text, at)}${element},${end}` };
}

function intoEmpty(text: string, start: number, display: string, element: string): Insertion {
  const tuple = display.startsWith('(');
  if (!/[\r\n]/.test(display)) return { at: start + 1, text: tuple ? `${element},` : element };
  const at = nextLine(text, start);
  const inside = text.slice(at, start + display.length);
  const comment = /^([ \t]*)#/m.exec(inside)?.[1];
  const indent = comment ?? `${indentation(text, start)}${indentationUnit(text)}`;
  return { at, text: `${indent}${element},${lineEnding(text, start)}` };
}
