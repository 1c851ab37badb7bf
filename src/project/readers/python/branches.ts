import type { Run } from './run.ts';
import { merge, type State } from './state.ts';
import type { Guard, Place, Value } from './values.ts';
import { NONE } from './values.ts';

interface Way {
  readonly guards: readonly Guard[];
  readonly value: () => Value;
}

const KEY = '*value*';

/**
 * The value of an expression of which only one part runs: each runs in a state of its own, and what they change is there
 * under the conditions of that part.
 */
export function inBranches(run: Run, ways: readonly Way[], place: Place): Value {
  const before = run.state;
  const { path } = before;
  const { scope } = run.frame;
  const ends: State[] = [];
  for (const way of ways) {
    run.state = before.fork();
    run.state.path = [...path, ...way.guards];
    const value = way.value();
    run.state.scopes.get(scope)?.names.set(KEY, { value, place, at: 0, doubts: [] });
    ends.push(run.state);
  }
  const left = ends.filter((state) => state.done === undefined);
  let state = left.pop() ?? ends.pop() ?? before;
  for (const end of left.toReversed()) state = merge(end, state, run.fresh);
  state.path = path;
  run.state = state;
  const names = state.scopes.get(scope)?.names;
  const value = names?.get(KEY)?.value ?? NONE;
  names?.delete(KEY);
  return value;
}
