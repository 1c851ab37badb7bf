import type { SourceFile } from '../text.ts';
import type { Syntax } from './syntax.ts';

/** A condition that only the running program can decide. */
export interface Guard {
  /** Python source of it, negation included. */
  readonly source: string;
  /** What it is when no environment variable is set and every constant is as written. */
  readonly holds: boolean | 'unknown';
  /** The guard that holds where this one does not. */
  opposite?: Guard;
}

export interface Place {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** What the evaluator knows of a value; lists and dictionaries are in the heap, because they have an identity. */
export type Value =
  | { readonly kind: 'none' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number; readonly float?: true }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'list'; readonly ref: number }
  | { readonly kind: 'mapping'; readonly ref: number }
  | { readonly kind: 'environment'; readonly name: string; readonly fallback?: Value }
  | { readonly kind: 'choice'; readonly options: readonly Option[] }
  | { readonly kind: 'module'; readonly name: string }
  | {
      readonly kind: 'function';
      readonly node: Syntax;
      readonly module: string;
      readonly scope: number;
      readonly self?: Value;
      /** What parameters are by default, by name: computed where the function is defined. */
      readonly defaults?: ReadonlyMap<string, Value>;
      /** Scopes of the functions around it, innermost first. */
      readonly around?: readonly number[];
      readonly role?: 'property' | 'static' | 'class';
    }
  /** `globals()` and the like. */
  | { readonly kind: 'namespace'; readonly scope: number }
  | { readonly kind: 'class'; readonly ref: number }
  | { readonly kind: 'instance'; readonly ref: number; readonly of: Value }
  | { readonly kind: 'super'; readonly of: Value; readonly after: number }
  /** Something of a module that is not in the tree, by its dotted name, e.g. `os.environ.get`. */
  | { readonly kind: 'external'; readonly path: string }
  /** A method of a list, dictionary, string … */
  | { readonly kind: 'method'; readonly of: Value; readonly name: string }
  | { readonly kind: 'unknown'; readonly reason: string };

interface Option {
  readonly guards: readonly Guard[];
  readonly value: Value;
}

/** The display (`[…]` or `(…)`) that a new first entry could be written into. */
interface Display {
  readonly place: Place;
  readonly first?: Place;
}

/** One element, or, where `display` is set, the zero-width place at the beginning of a display. */
export interface Item {
  readonly id: number;
  readonly value: Value;
  readonly place: Place;
  readonly guards: readonly Guard[];
  readonly spread?: true;
  readonly display?: Display;
}

/** Why something is not known for sure. */
export interface Doubt {
  readonly code: string;
  readonly message: string;
  readonly place?: Place;
}

export interface ListState {
  readonly kind: 'list';
  readonly type: 'list' | 'tuple' | 'set' | 'unknown';
  /** It is an iterator, e.g. what filter() gives. */
  readonly once?: true;
  readonly items: readonly Item[];
  readonly doubts: readonly Doubt[];
  /** Lists that are the same object under some conditions: what is done to one may be done to the other. */
  readonly aliases?: readonly number[];
}

export interface MappingState {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, MappingEntry>;
  readonly doubts: readonly Doubt[];
}

export interface MappingEntry {
  /** It is only there under conditions. */
  readonly maybe?: true;
  readonly key: Value;
  readonly value: Value;
  readonly place?: Place;
}

interface ClassState {
  readonly kind: 'class';
  readonly name: string;
  readonly bases: readonly Value[];
  readonly scope: number;
  readonly place: Place;
}

interface InstanceState {
  readonly kind: 'instance';
  readonly attributes: ReadonlyMap<string, Value>;
}

export type HeapState = ListState | MappingState | ClassState | InstanceState;

export interface Binding {
  readonly value: Value;
  readonly place: Place;
  /** When it was bound, against Scope.opened. */
  readonly at: number;
  readonly doubts: readonly Doubt[];
  /** It is only bound where these hold. */
  readonly sometimes?: readonly Guard[];
}

/** Names of a module, a class body or one call of a function. */
export interface Scope {
  readonly names: Map<string, Binding>;
  /** Events after which any name may have another value: a star import of a module that is not in the tree … */
  readonly opened: readonly { readonly at: number; readonly doubt: Doubt }[];
}

/** The scope of `os.environ`: variables that the program itself sets. */
export const ENVIRONMENT = 0;

export const NONE: Value = { kind: 'none' };
export const TRUE: Value = { kind: 'bool', value: true };
export const FALSE: Value = { kind: 'bool', value: false };

/** A truth as a value. */
export function truthValue(holds: boolean | 'unknown'): Value {
  return holds === 'unknown' ? unknown('its condition is not known') : holds ? TRUE : FALSE;
}

export function unknown(reason: string): Value {
  return { kind: 'unknown', reason };
}

/** Longer than any setting that matters; a longer one is not kept, because text can double in a loop. */
const LONGEST = 20_000;

export function string(value: string): Value {
  if (value.length > LONGEST) return unknown('it is a long text');
  return { kind: 'string', value };
}

/** `str()` of a text or a whole number; undefined where JavaScript would write it in another way than Python. */
export function textOf(value: Value | undefined): string | undefined {
  if (value?.kind === 'string') return value.value;
  return value?.kind === 'number' && value.float !== true && Number.isSafeInteger(value.value)
    ? String(value.value)
    : undefined;
}

/** Are they the same constant or the same object? */
export function same(one: Value, other: Value): boolean {
  if (one === other) return true;
  if (one.kind !== other.kind) return false;
  switch (one.kind) {
    case 'none':
      return true;
    case 'bool':
    case 'number':
    case 'string':
      return 'value' in other && one.value === other.value;
    case 'list':
    case 'mapping':
    case 'class':
    case 'instance':
      return 'ref' in other && one.ref === other.ref;
    case 'external':
      return other.kind === 'external' && one.path === other.path;
    case 'module':
      return other.kind === 'module' && one.name === other.name;
    default:
      return false;
  }
}

/** Python's truth of a value. */
export function truth(value: Value, list: (ref: number) => boolean | 'unknown'): boolean | 'unknown' {
  switch (value.kind) {
    case 'none':
      return false;
    case 'bool':
      return value.value;
    case 'number':
      return value.value !== 0;
    case 'string':
      return value.value !== '';
    case 'environment':
      return value.fallback === undefined ? 'unknown' : truth(value.fallback, list);
    case 'list':
    case 'mapping':
      return list(value.ref);
    case 'module':
    case 'function':
    case 'class':
      return true;
    case 'choice': {
      const current = byDefault(value);
      return current === undefined ? 'unknown' : truth(current, list);
    }
    default:
      return 'unknown';
  }
}

/** Do all of them hold by default? */
export function allHold(guards: readonly Guard[]): boolean | 'unknown' {
  if (guards.some((guard) => guard.holds === false)) return false;
  return guards.every((guard) => guard.holds === true) ? true : 'unknown';
}

/** The option that is taken by default; undefined where that cannot be known. */
export function byDefault(value: Value): Value | undefined {
  if (value.kind !== 'choice') return value;
  for (const option of value.options) {
    const holds = allHold(option.guards);
    if (holds === true) return byDefault(option.value);
    if (holds === 'unknown') return undefined;
  }
  return undefined;
}
