import type { Exceptions } from './exceptions.ts';
import type { Frames } from './frames.ts';
import type { Interpreters, ThreadState } from './interpreters.ts';
import { attempt } from './process.ts';
import { FLAG } from './types.ts';

/** An exception and how it was reached. */
export interface Root {
  address: number;
  thread: ThreadState | undefined;
  foundVia: string;
}

const MOST_HANDLED = 200;
// The generated module's function that aborts: docs/crash-record.md.
const ABORT = 'abort_with_core';
const MODULE = 'abort_on_exception';

/** Where exceptions can hang, those of the thread that took the signal first; the same one can come more than once. */
export function* exceptionRoots(
  interpreters: Interpreters,
  threads: readonly ThreadState[],
  frames: Frames,
  exceptions: Exceptions,
): Generator<Root> {
  const { process } = interpreters.runtime;
  const { memory, layout } = process;
  const [aborted] = threads;
  if (aborted !== undefined) {
    for (const frame of aborted.frames) {
      if (frame.code.name !== ABORT) continue;
      const local = frames.locals(frame).find(({ name }) => name === 'exception');
      if (local !== undefined && exceptions.is(local.value)) {
        yield { address: local.value, thread: aborted, foundVia: `local "exception" of ${ABORT}` };
      }
    }
    yield* heldByModule(interpreters, aborted, exceptions);
  }
  for (const thread of threads) {
    const current = attempt(
      () =>
        memory.u64(
          thread.address +
            layout.at(
              layout.has('thread.current_exception') ? 'thread.current_exception' : 'thread.curexc_value',
            ),
        ),
      0,
    );
    if (exceptions.is(current)) yield { address: current, thread, foundVia: 'the exception being raised' };
    yield* handled(thread, interpreters, exceptions);
    for (const frame of thread.frames) {
      for (const { name, value } of frames.locals(frame)) {
        if (exceptions.wasRaised(value)) {
          yield { address: value, thread, foundVia: `local "${name}" of ${frame.code.name}` };
          continue;
        }
        // threading.excepthook gets one tuple with everything in it.
        for (const item of shortTuple(frames, value)) {
          if (exceptions.wasRaised(item)) {
            yield { address: item, thread, foundVia: `in the local "${name}" of ${frame.code.name}` };
          }
        }
      }
    }
  }
  for (const interpreter of interpreters.all) {
    const sys = interpreters.sys(interpreter);
    for (const name of ['last_exc', 'last_value']) {
      const value = sys.get(name);
      if (value !== undefined && exceptions.is(value)) {
        yield { address: value, thread: aborted, foundVia: `sys.${name}` };
      }
    }
  }
}

/** The stack of handled exceptions: `exc_info` of the thread, then of the generators below. */
function* handled(thread: ThreadState, interpreters: Interpreters, exceptions: Exceptions): Generator<Root> {
  const { memory, layout } = interpreters.runtime.process;
  const seen = new Set<number>();
  let item = attempt(() => memory.u64(thread.address + layout.at('thread.exc_info')), 0);
  while (item !== 0 && !seen.has(item) && seen.size < MOST_HANDLED) {
    seen.add(item);
    const here = item;
    const value = attempt(() => memory.u64(here + layout.at('errStackItem.exc_value')), 0);
    if (exceptions.is(value)) yield { address: value, thread, foundVia: 'exc_info: it was being handled' };
    item = attempt(() => memory.u64(here + layout.at('errStackItem.previous_item')), 0);
  }
}

function* heldByModule(
  interpreters: Interpreters,
  thread: ThreadState,
  exceptions: Exceptions,
): Generator<Root> {
  for (const interpreter of interpreters.all) {
    for (const module of interpreters.modules(interpreter).keys()) {
      if (module !== MODULE && !module.endsWith(`.${MODULE}`)) continue;
      const crash = interpreters.contents(interpreter, module).get('CRASH');
      const value = crash === undefined ? undefined : interpreters.attribute(crash, 'exception');
      if (value !== undefined && exceptions.is(value)) {
        yield { address: value, thread, foundVia: `CRASH.exception of ${module}` };
      }
    }
  }
}

function shortTuple(frames: Frames, address: number): number[] {
  const { memory, layout, types } = frames.objects.process;
  return attempt(() => {
    if ((types.of(address).flags & FLAG.tuple) === 0) return [];
    const count = memory.u64(address + layout.at('varObject.ob_size'));
    if (count > 8) return [];
    const items = [];
    for (let index = 0; index < count; index += 1)
      items.push(memory.u64(address + layout.at('tuple.items') + index * 8));
    return items;
  }, []);
}
