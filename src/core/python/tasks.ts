import type { ReportedTask } from '../../report/model.ts';
import { attribute } from './attributes.ts';
import type { Frame, Frames } from './frames.ts';
import { untagged } from './frames.ts';
import type { Interpreters, ThreadState } from './interpreters.ts';
import type { Objects } from './objects.ts';
import { attempt } from './process.ts';
import type { PythonValue } from './value.ts';

const MOST_TASKS = 1000;
const MOST_AWAITS = 10_000;
const FINISHED = 2;
const AWAITABLE = new Set(['coroutine', 'generator', 'async_generator']);

/** Tasks or greenlets, and what they were handling in an `except`, by the index of the task. */
export interface FoundTasks {
  tasks: ReportedTask<PythonValue>[];
  /** Addresses of `_PyErr_StackItem`s or exceptions, as the reader says. */
  handled: { task: number; exception: number }[];
  /** There may be more. */
  complete: boolean;
}

/** The asyncio tasks that were not done, each with the coroutines that it waits in, the outermost first. */
export function readTasks(
  interpreters: Interpreters,
  threads: readonly ThreadState[],
  frames: Frames,
): FoundTasks {
  const found: FoundTasks = { tasks: [], handled: [], complete: true };
  const seen = new Set<number>();
  for (const address of taskAddresses(interpreters, threads)) {
    if (seen.has(address)) continue;
    if (found.tasks.length >= MOST_TASKS) {
      found.complete = false;
      break;
    }
    seen.add(address);
    const read = attempt(() => readTask(address, frames), undefined);
    if (read === undefined) continue;
    const task = found.tasks.push(read.task) - 1;
    // the innermost coroutine first: what it handles came last
    for (const exception of read.handled.reverse()) found.handled.push({ task, exception });
  }
  return found;
}

function* taskAddresses(interpreters: Interpreters, threads: readonly ThreadState[]): Generator<number> {
  const { process } = interpreters.runtime;
  const { layout } = process;
  // 3.14 and later: a list in every thread state, another one in the interpreter for tasks of threads that ended.
  if (layout.has('task.node')) {
    for (const { address } of threads) {
      yield* linkedTasks(address + layout.at('threadImplementation.asyncio_tasks_head'), interpreters);
    }
    for (const { address } of interpreters.all)
      yield* linkedTasks(address + layout.at('interpreter.tasks'), interpreters);
  }
  for (const interpreter of interpreters.all) {
    for (const module of ['asyncio.tasks', '_asyncio']) {
      const contents = interpreters.contents(interpreter, module);
      for (const name of ['_all_tasks', '_scheduled_tasks']) {
        const set = contents.get(name);
        const data =
          set === undefined ? undefined : attempt(() => attribute(process, set, 'data'), undefined);
        if (data !== undefined) yield* weaklyHeld(data, interpreters);
      }
    }
  }
}

function linkedTasks(head: number, { runtime }: Interpreters): number[] {
  const { memory, layout } = runtime.process;
  const found: number[] = [];
  const seen = new Set<number>([head]);
  let node = attempt(() => memory.u64(head), 0);
  while (node !== 0 && !seen.has(node) && found.length < MOST_TASKS) {
    seen.add(node);
    found.push(node - layout.at('task.node'));
    const here = node;
    node = attempt(() => memory.u64(here), 0);
  }
  return found;
}

/** What the weak references in a set refer to. */
function weaklyHeld(set: number, { runtime }: Interpreters): number[] {
  const { memory, layout } = runtime.process;
  return attempt(() => {
    const mask = Math.min(memory.u64(set + layout.at('set.mask')), 1 << 20);
    const table = memory.u64(set + layout.at('set.table'));
    const found = [];
    for (let index = 0; index <= mask && found.length < MOST_TASKS; index += 1) {
      const entry = table + index * layout.at('setEntry.size');
      const reference = memory.u64(entry);
      if (reference === 0 || memory.i64(entry + 8) === -1) continue;
      const target = attempt(() => memory.u64(reference + layout.at('weakReference.wr_object')), 0);
      if (target !== 0) found.push(target);
    }
    return found;
  }, []);
}

function readTask(
  address: number,
  frames: Frames,
): { task: ReportedTask<PythonValue>; handled: number[] } | undefined {
  const { objects } = frames;
  const { memory, layout, types } = objects.process;
  const type = types.of(address);
  const native = type.bases.some((base) => base.dotted === '_asyncio.Task');
  const field = (name: string, attributeName: string): number =>
    native
      ? memory.u64(address + layout.at(`task.${name}`))
      : (objects.attribute(address, attributeName) ?? 0);
  const coroutine = field('coroutine', '_coro');
  if (native && memory.u32(address + layout.at('task.state')) === FINISHED) return undefined;
  if (!native && coroutine === 0) return undefined;
  const nameObject = field('name', '_name');
  const number = objects.number(nameObject);
  const name = objects.text(nameObject) ?? (Number.isNaN(number) ? undefined : `Task-${number}`);
  const waitsFor = field('awaits', '_fut_waiter');
  const chain = awaitChain(coroutine, frames);
  const task: ReportedTask<PythonValue> = {
    kind: 'asyncio',
    ...(name === undefined ? {} : { name }),
    state: waitsFor === 0 ? 'running or ready' : 'waiting',
    frames: frames.reportedStack(
      chain.map(({ frame }) => ({ frame, lasti: frame.lasti, line: 0 })),
      'last',
    ),
    awaits: chain.map(({ name: each }) => each),
  };
  return { task, handled: chain.flatMap(({ handled }) => (handled === 0 ? [] : [handled])) };
}

/** A coroutine, what it awaits, and so on: `cr_await`. */
function awaitChain(first: number, frames: Frames): { name: string; frame: Frame; handled: number }[] {
  const { objects } = frames;
  const { memory, layout, types } = objects.process;
  const chain: { name: string; frame: Frame; handled: number }[] = [];
  const seen = new Set<number>();
  let coroutine = first;
  while (coroutine !== 0 && !seen.has(coroutine) && chain.length < MOST_AWAITS) {
    seen.add(coroutine);
    const here = coroutine;
    const kind = attempt(() => types.of(here).dotted, '');
    if (!AWAITABLE.has(kind)) break;
    const frame = attempt(() => {
      const at = here + layout.at('generator.frame');
      return layout.has('frame.localsplus') ? frames.interpreterFrame(at) : frames.ofObject(memory.u64(at));
    }, undefined);
    if (frame === undefined) break;
    const name =
      objects.text(attempt(() => memory.u64(here + layout.at('generator.qualname')), 0)) ?? frame.code.name;
    // gi_exc_state is the field after gi_qualname in every version: Include/cpython/genobject.h, _PyGenObject_HEAD
    const state = here + layout.at('generator.qualname') + 8;
    const handled = attempt(() => memory.u64(state + layout.at('errStackItem.exc_value')), 0);
    chain.push({ name, frame, handled });
    coroutine = attempt(() => awaitedBy(frame, frames), 0);
  }
  return chain;
}

/** What a suspended coroutine waits for lies on top of its stack; since 3.15 an index can lie above it. */
function awaitedBy(frame: Frame, { objects }: Frames): number {
  const { memory, types } = objects.process;
  const end = endOfStack(frame, objects);
  for (let at = end - 8; at >= Math.max(frame.slots, end - 16); at -= 8) {
    const value = untagged(attempt(() => memory.u64(at), 0));
    if (value !== 0 && AWAITABLE.has(attempt(() => types.of(value).dotted, ''))) return value;
  }
  return 0;
}

function endOfStack(frame: Frame, { process: { memory, layout } }: Objects): number {
  if (layout.has('frame.stackpointer')) return memory.u64(frame.address + layout.at('frame.stackpointer'));
  if (layout.has('frame.stacktop')) {
    return frame.slots + Math.max(0, memory.i32(frame.address + layout.at('frame.stacktop'))) * 8;
  }
  if (layout.has('frameObject.f_stackdepth')) {
    const depth = Math.max(0, memory.i32(frame.address + layout.at('frameObject.f_stackdepth')));
    return memory.u64(frame.address + layout.at('frameObject.f_valuestack')) + depth * 8;
  }
  return memory.u64(frame.address + layout.at('frameObject.f_stacktop'));
}
