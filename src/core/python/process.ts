import type { Memory } from '../elf/memory.ts';
import type { Layout } from './layouts.ts';
import type { Types } from './types.ts';

/** What every reader of Python objects works on. */
export interface Process {
  memory: Memory;
  layout: Layout;
  types: Types;
}

/** The result, or the other value where the core does not have the bytes. */
export function attempt<T, U>(read: () => T, otherwise: U): T | U {
  try {
    return read();
  } catch (error) {
    // RangeError: a Buffer was asked for something that a corrupted length led to.
    if (error instanceof Error) return otherwise;
    throw error;
  }
}
