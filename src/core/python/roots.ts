import type { Exceptions } from './exceptions.ts';
import type { Frames } from './frames.ts';
import type { Interpreters, ThreadState } from './interpreters.ts';
import { attempt } from './process.ts';
import type { PythonChild, PythonValue } from './value.ts';

/** An exception and how it was reached. */
export interface Root {
  address: number;
  thread: ThreadState | undefined;
  foundVia: string;
  /** It was in flight or being handled; else something only refers to it. */
  handled: boolean;
  /** It was kept for a debugger after it ended what ran: `sys.last_exc`. */
  postMortem?: true;
}

// The generated module's function that aborts: docs/crash-record.md.
const ABORT = 'abort_with_core';
const MODULE = 'abort_on_exception';
// What keeps an exception that may never have been raised: futures, asyncio's context, log records.
const KEEPS_EXCEPTION = new Set(['_exception', 'exception', 'exc_info']);

/** Finds where exceptions hang; the same one can come more than once. */
export class ExceptionRoots {
  private readonly interpreters: Interpreters;
  private readonly frames: Frames;
  private readonly exceptions: Exceptions;

  constructor(interpreters: Interpreters, frames: Frames, exceptions: Exceptions) {
    this.interpreters = interpreters;
    this.frames = frames;
    this.exceptions = exceptions;
  }

  /** Those of the thread that took the signal, or what the generated module holds; the surest first. */
  *ofCrash(thread: ThreadState | undefined): Generator<Root> {
    for (const frame of thread?.frames ?? []) {
      if (frame.code.name !== ABORT) continue;
      const local = this.frames.locals(frame).find(({ name }) => name === 'exception');
      if (local !== undefined && this.exceptions.is(local.value)) {
        yield { address: local.value, thread, foundVia: `local "exception" of ${ABORT}`, handled: true };
      }
    }
    yield* this.heldByModule(thread);
    if (thread === undefined) return;
    yield* this.ofThread(thread);
    yield* this.nearFrames(thread);
    const interpreter = this.interpreters.all.find(({ number }) => number === thread.interpreter);
    if (interpreter === undefined) return;
    const sys = this.interpreters.sys(interpreter);
    for (const name of ['last_exc', 'last_value']) {
      const value = sys.get(name);
      if (value !== undefined && this.exceptions.is(value)) {
        yield { address: value, thread, foundVia: `sys.${name}`, handled: false, postMortem: true };
      }
    }
  }

  /** In flight, being handled, or in a local. */
  *ofThread(thread: ThreadState): Generator<Root> {
    const { memory, layout } = this.interpreters.runtime.process;
    const field = layout.has('thread.current_exception') ? 'thread.current_exception' : 'thread.curexc_value';
    const current = attempt(() => memory.u64(thread.address + layout.at(field)), 0);
    if (this.exceptions.is(current)) {
      yield { address: current, thread, foundVia: 'the exception being raised', handled: true };
    }
    const first = attempt(() => memory.u64(thread.address + layout.at('thread.exc_info')), 0);
    for (const address of this.handledFrom(first)) {
      yield { address, thread, foundVia: 'exc_info: it was being handled', handled: true };
    }
    for (const frame of thread.frames) {
      for (const { name, value } of this.frames.locals(frame)) {
        if (this.exceptions.wasRaised(value)) {
          yield {
            address: value,
            thread,
            foundVia: `local "${name}" of ${frame.code.name}`,
            handled: false,
          };
        }
      }
    }
  }

  /** A stack of handled exceptions: that of the thread, then of the generators below. */
  *handledFrom(first: number): Generator<number> {
    const { memory, layout } = this.interpreters.runtime.process;
    const { limits, leftOut } = this.frames.objects;
    const seen = new Set<number>();
    let item = first;
    let found = 0;
    while (item !== 0 && !seen.has(item) && seen.size < limits.calls) {
      seen.add(item);
      const here = item;
      const value = attempt(() => memory.u64(here + layout.at('errStackItem.exc_value')), 0);
      if (this.exceptions.is(value) && (found += 1) <= limits.handled) yield value;
      item = attempt(() => memory.u64(here + layout.at('errStackItem.previous_item')), 0);
    }
    if (found > limits.handled)
      leftOut.add(`${found - limits.handled} more exceptions that a thread was handling are not listed`);
  }

  /** One step from a local: in a container, an attribute, a future, a log record. */
  private *nearFrames(thread: ThreadState): Generator<Root> {
    const looked = new Set<number>();
    for (const frame of thread.frames) {
      for (const { name, value } of this.frames.locals(frame)) {
        if (looked.has(value)) continue;
        looked.add(value);
        for (const address of this.near(value)) {
          yield {
            address,
            thread,
            foundVia: `what the local "${name}" of ${frame.code.name} refers to`,
            handled: false,
          };
        }
      }
    }
  }

  private *near(local: number): Generator<number> {
    const value = this.frames.objects.local(local);
    yield* this.inFuture(local);
    for (const child of value.children ?? []) {
      yield* this.fromChild(child);
      if (child.value.address !== undefined) yield* this.inFuture(child.value.address);
      for (const inner of child.value.children ?? []) {
        // sys.exc_info() is a tuple of three; and futures are kept in lists, sets and dicts
        if (child.value.type === 'tuple' || KEEPS_EXCEPTION.has(nameOf(inner))) yield* this.fromChild(inner);
      }
    }
  }

  private *fromChild(child: PythonChild): Generator<number> {
    const { address } = child.value;
    if (address === undefined) return;
    const kept = KEEPS_EXCEPTION.has(nameOf(child)) && this.exceptions.is(address);
    if (kept || this.exceptions.wasRaised(address)) yield address;
  }

  /** `fut_exception` of a future or task written in C is its fifth field: Modules/_asynciomodule.c, FutureObj_HEAD. */
  private *inFuture(object: number): Generator<number> {
    const { memory, layout, types } = this.interpreters.runtime.process;
    const isFuture = attempt(() => types.of(object).bases.some(({ dotted }) => FUTURES.has(dotted)), false);
    if (!isFuture) return;
    const address = attempt(() => memory.u64(object + layout.at('varObject.ob_size') + 4 * 8), 0);
    if (this.exceptions.is(address)) yield address;
  }

  private *heldByModule(thread: ThreadState | undefined): Generator<Root> {
    const { interpreters, exceptions } = this;
    for (const interpreter of interpreters.all) {
      for (const module of interpreters.modules(interpreter).keys()) {
        if (module !== MODULE && !module.endsWith(`.${MODULE}`)) continue;
        const crash = interpreters.contents(interpreter, module).get('CRASH');
        const value = crash === undefined ? undefined : interpreters.attribute(crash, 'exception');
        if (value !== undefined && exceptions.is(value)) {
          yield { address: value, thread, foundVia: `CRASH.exception of ${module}`, handled: true };
        }
      }
    }
  }
}

const FUTURES = new Set(['_asyncio.Future', '_asyncio.Task']);

function nameOf(child: { name?: string; key?: PythonValue }): string {
  return child.name ?? child.key?.string ?? '';
}
