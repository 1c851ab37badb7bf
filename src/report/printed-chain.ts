import type { ChainedException, ReportedException } from './model.ts';

/** An exception with what Python's traceback module prints around it. */
export interface PrintedException {
  exception: ChainedException;
  /** Printed before it, with the sentence that joins them. */
  before?: { printed: PrintedException; sentence: string };
  /** The members of an exception group. */
  members: PrintedException[];
  /** A context that Python does not print, because of `raise … from …`. */
  hidden?: PrintedException;
}

// The sentences are the interpreter's own: Lib/traceback.py, _cause_message and _context_message.
const SENTENCES = {
  cause: 'The above exception was the direct cause of the following exception:',
  context: 'During handling of the above exception, another exception occurred:',
};

/** A chain as the tree that is printed: causes and contexts before, group members below. */
export function printedChain({ chain }: ReportedException): PrintedException | undefined {
  const seen = new Set<number>();
  const visit = (index: number): PrintedException | undefined => {
    const exception = chain[index];
    if (exception === undefined || seen.has(index)) return undefined;
    seen.add(index);
    const related = (relation: ChainedException['relation']): number[] =>
      chain.flatMap((other, at) =>
        other.relation === relation && (other.of ?? at - 1) === index ? [at] : [],
      );
    const between = (at: number): string => {
      const count = chain[at]?.between ?? 0;
      return count === 0 ? '' : ` [… ${count} more exceptions between these two]`;
    };
    const printed: PrintedException = { exception, members: [] };
    for (const member of related('group')) {
      const visited = visit(member);
      if (visited === undefined) continue;
      printed.members.push(visited);
      if (visited.exception.isCause !== true) continue;
      const { attributes: _, ...named } = visited.exception;
      const again = { exception: { ...named, notes: [], frames: [] }, members: [] };
      printed.before = { printed: again, sentence: SENTENCES.cause };
    }
    const [cause] = related('cause');
    const [context] = related('context');
    if (cause !== undefined) {
      const visited = visit(cause);
      if (visited !== undefined)
        printed.before = { printed: visited, sentence: SENTENCES.cause + between(cause) };
    }
    if (context !== undefined) {
      const visited = visit(context);
      if (visited === undefined) return printed;
      if (printed.before === undefined && chain[context]?.suppressed !== true) {
        printed.before = { printed: visited, sentence: SENTENCES.context + between(context) };
      } else {
        printed.hidden = visited;
      }
    }
    return printed;
  };
  return visit(0);
}

/** `module.Type`, without the module where Python leaves it out too. */
function typeName({ module, type }: ChainedException): string {
  return module === '' || module === 'builtins' || module === '__main__' ? type : `${module}.${type}`;
}

/** What belongs below the last line: its notes, and that the message is not the class's own. */
export function remarks({ notes, ownStr }: ChainedException): string[] {
  if (ownStr === undefined) return notes;
  return [...notes, `(these are its arguments: ${ownStr} is code of its own, and no code of a core is run)`];
}

/** The last line of a traceback: `Type: message`. */
export function headline(exception: ChainedException): string {
  const name = typeName(exception);
  return exception.message === '' ? name : `${name}: ${exception.message}`;
}
