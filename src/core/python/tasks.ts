import type { ReportedTask } from '../../report/model.ts';
import { attribute } from './attributes.ts';
import { records, wordAt } from './dicts.ts';
import type { Frame, Frames } from './frames.ts';
import { untagged } from './frames.ts';
import type { Interpreters, ThreadState } from './interpreters.ts';
import type { Objects } from './objects.ts';
import { attempt } from './process.ts';
import { Ends } from './repetition.ts';
import { cutMark, type PythonValue } from './value.ts';

// A list that does not end is none.
const MOST_LINKED = 1_000_000;
const MOST_SLOTS = 1 << 24;
const FINISHED = 2;
const AWAITABLE = new Set(['coroutine', 'generator', 'async_generator']);

/** Tasks or greenlets, and what they were handling in an `except`, by the index of the task. */
export interface FoundTasks {
  tasks: ReportedTask<PythonValue>[];
  /** Addresses of `_PyErr_StackItem`s or exceptions, as the reader says. */
  handled: { task: number; exception: number }[];
  /** So many more were found and are not listed. */
  leftOut: number;
  /** There may be others that were not found. */
  complete: boolean;
}

/** The asyncio tasks that were not done, each with the coroutines that it waits in, the outermost first. */
export function readTasks(
  interpreters: Interpreters,
  threads: readonly ThreadState[],
  frames: Frames,
): FoundTasks {
  const found: FoundTasks = { tasks: [], handled: [], leftOut: 0, complete: true };
  const seen = new Set<number>();
  for (const address of taskAddresses(interpreters, threads)) {
    if (seen.has(address)) continue;
    seen.add(address);
    const pending = attempt(() => pendingTask(address, frames), undefined);
    if (pending === undefined) continue;
    if (found.tasks.length >= frames.objects.limits.tasks) {
      found.leftOut += 1;
      continue;
    }
    const read = attempt(() => readTask(pending, frames), undefined);
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
      // 3.12 and 3.13: those that run in the call that made them, in a set itself
      const eager = contents.get('_eager_tasks');
      if (eager !== undefined) yield* attempt(() => [...setItems(eager, interpreters)], []);
    }
  }
}

function linkedTasks(head: number, { runtime }: Interpreters): number[] {
  const { memory, layout } = runtime.process;
  const found: number[] = [];
  const seen = new Set<number>([head]);
  let node = attempt(() => memory.u64(head), 0);
  while (node !== 0 && !seen.has(node) && found.length < MOST_LINKED) {
    seen.add(node);
    found.push(node - layout.at('task.node'));
    const here = node;
    node = attempt(() => memory.u64(here), 0);
  }
  return found;
}

/** What the weak references in a set refer to. */
function weaklyHeld(set: number, interpreters: Interpreters): number[] {
  const { memory, layout } = interpreters.runtime.process;
  const target = (reference: number): number =>
    attempt(() => memory.u64(reference + layout.at('weakReference.wr_object')), 0);
  return attempt(() => [...setItems(set, interpreters)].map(target), []).filter((each) => each !== 0);
}

function* setItems(set: number, { runtime: { process } }: Interpreters): Generator<number> {
  const { memory, layout } = process;
  const slots = Math.min(memory.u64(set + layout.at('set.mask')) + 1, MOST_SLOTS);
  const table = memory.u64(set + layout.at('set.table'));
  for (const { bytes, at } of records(process, table, slots, layout.at('setEntry.size'))) {
    const item = wordAt(bytes, at);
    if (item !== 0 && bytes.readBigInt64LE(at + 8) !== -1n) yield item;
  }
}

/** What a task keeps of itself: addresses. */
interface Pending {
  coroutine: number;
  name: number;
  waitsFor: number;
}

/** The task at an address; undefined where it is done or none. */
function pendingTask(address: number, { objects }: Frames): Pending | undefined {
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
  return { coroutine, name: field('name', '_name'), waitsFor: field('awaits', '_fut_waiter') };
}

function readTask(
  { coroutine, name: nameObject, waitsFor }: Pending,
  frames: Frames,
): { task: ReportedTask<PythonValue>; handled: number[] } {
  const { objects } = frames;
  const number = objects.number(nameObject);
  const name = objects.text(nameObject) ?? (Number.isNaN(number) ? undefined : `Task-${number}`);
  const chain = awaitChain(coroutine, frames);
  const task: ReportedTask<PythonValue> = {
    kind: 'asyncio',
    ...(name === undefined ? {} : { name }),
    state: waitsFor === 0 ? 'running or ready' : 'waiting',
    frames: frames.reportedStack(
      chain.map(({ frame, leftOut }) => ({ frame, lasti: frame.lasti, line: 0, leftOut })),
      'last',
    ),
    awaits: chain.flatMap(({ name: each, leftOut }) =>
      leftOut === undefined ? [each] : [each, cutMark(leftOut)],
    ),
  };
  return { task, handled: chain.flatMap(({ handled }) => (handled === 0 ? [] : [handled])) };
}

interface Awaited {
  name: string;
  frame: Frame;
  handled: number;
  /** So many after this one were not kept. */
  leftOut?: number;
}

/** A coroutine, what it awaits, and so on: `cr_await`. */
function awaitChain(first: number, frames: Frames): Awaited[] {
  const { objects } = frames;
  const { memory, layout, types } = objects.process;
  const ends = new Ends<Awaited>(objects.limits.awaits);
  const seen = new Set<number>();
  let coroutine = first;
  while (coroutine !== 0 && !seen.has(coroutine) && seen.size < MOST_LINKED) {
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
    ends.push({ name, frame, handled });
    coroutine = attempt(() => awaitedBy(frame, frames), 0);
  }
  const { items, before, leftOut } = ends.finish();
  const last = items[before - 1];
  if (leftOut > 0 && last !== undefined) last.leftOut = leftOut;
  return items;
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
