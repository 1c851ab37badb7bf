import { negation, type Run } from './run.ts';
import type { Place, Value } from './values.ts';
import { allHold, ENVIRONMENT, NONE, unknown } from './values.ts';

/** `os.environ` of a program that sets variables itself: what it set is known, all else the host may set. */

/** Is it `os.environ`, under whatever name? */
export function isEnvironment(value: Value): boolean {
  return value.kind === 'external' && /(^|\.)environ$/.test(value.path);
}

/** What the variable is; `fallback` is what is taken where it is not set, undefined where that is an error. */
export function readVariable(run: Run, name: string, fallback?: Value): Value {
  const host: Value = { kind: 'environment', name, ...(fallback === undefined ? {} : { fallback }) };
  const bound = run.binding(ENVIRONMENT, name);
  if (bound?.sometimes === undefined && bound !== undefined) {
    return bound.value.kind === 'none' ? (fallback ?? unknown(`${name} is removed`)) : bound.value;
  }
  run.soft = true;
  return bound?.sometimes === undefined
    ? host
    : run.choose(bound.value, bound.sometimes, host, [negation(bound.sometimes)]);
}

/** The program sets the variable; with None it removes it. */
export function writeVariable(run: Run, name: string, value: Value, place: Place): void {
  run.bind(ENVIRONMENT, name, value, place);
}

/** `name in os.environ`: by default what the program did not set is not there. */
export function hasVariable(run: Run, name: string): boolean | 'unknown' {
  const bound = run.binding(ENVIRONMENT, name);
  if (bound !== undefined && bound.sometimes === undefined) {
    return bound.value.kind === 'choice' ? 'unknown' : bound.value.kind !== 'none';
  }
  run.soft = true;
  return bound?.sometimes === undefined ? false : allHold(bound.sometimes);
}

/** `os.environ.get`, `pop` and `setdefault` (`method`). */
export function environmentMethod(
  run: Run,
  method: string,
  name: string,
  second: Value | undefined,
  place: Place,
): Value {
  const value = readVariable(run, name, second ?? NONE);
  if (method === 'pop') writeVariable(run, name, NONE, place);
  if (method === 'setdefault') writeVariable(run, name, value, place);
  return value;
}
