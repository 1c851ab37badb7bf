import type { ReportedTask } from '../../report/model.ts';
import type { Memory } from '../elf/memory.ts';
import { dictEntries } from './dicts.ts';
import type { Frame, Frames } from './frames.ts';
import type { Interpreters } from './interpreters.ts';
import type { Objects } from './objects.ts';
import { attempt, type Process } from './process.ts';
import { isReferenced } from './references.ts';
import type { FoundTasks } from './tasks.ts';
import type { PythonType } from './types.ts';
import type { PythonValue } from './value.ts';

const MOST_TYPES = 200;
const CHUNK = 1 << 20;
// What a PyGreenlet has since greenlet 2 besides a PyObject, and more than the part of a `Greenlet` that is looked at
const SIZE = 24;
const MOST_STATE = 400;
// `stack_stop` of the greenlet that a thread began as
const ALL_ONES = 0xffff_ffff_ffff_f000;

/** What a greenlet keeps of itself. */
interface State {
  /** Address of the `PyFrameObject` that it was left in; 0 while it runs, before it starts and when it is done. */
  topFrame: number;
  /** The greenlet's own part of the stack; 0: it is done or has not begun, 1: it runs and was never left. */
  stackStart: number;
  /** 0: it has not begun; all ones: the main greenlet of a thread. */
  stackStop: number;
  /** Address of its `exc_info` and `exc_state`; 0 before greenlet 2, where they are not looked for. */
  exceptionState: number;
}

/**
 * The greenlets (gevent, eventlet) that have begun and are not done, each with the frames in which it waits, the outermost
 * first. They know each other, but not all of each other: they are found by their type in writable memory.
 */
export function readGreenlets(interpreters: Interpreters, frames: Frames): FoundTasks {
  const { process } = frames.objects;
  const types = greenletTypes(interpreters, process);
  const found: FoundTasks = { tasks: [], handled: [], leftOut: 0, complete: true };
  if (types.length === 0) return found;
  const { limits } = frames.objects;
  const search = new Search(process, types, limits.greenletBytes);
  for (const address of search.objects()) {
    const there = attempt(() => waitingGreenlet(address, frames), undefined);
    if (there === undefined) continue;
    if (found.tasks.length >= limits.greenlets) {
      found.leftOut += 1;
      continue;
    }
    const read = attempt(() => readGreenlet(address, there, frames), undefined);
    if (read === undefined) continue;
    const task = found.tasks.push(read.task) - 1;
    for (const exception of read.handled) found.handled.push({ task, exception });
  }
  return { ...found, complete: search.complete && types.length < MOST_TYPES };
}

/** `greenlet.greenlet` and what derives from it: `tp_subclasses` is a dict of weak references. */
function greenletTypes(interpreters: Interpreters, process: Process): number[] {
  const { memory, layout } = process;
  const found: number[] = [];
  for (const interpreter of interpreters.all) {
    const first = interpreters.contents(interpreter, 'greenlet').get('greenlet');
    if (first !== undefined && !found.includes(first)) found.push(first);
  }
  for (const type of found) {
    const subclasses = attempt(() => memory.u64(type + layout.at('type.tp_subclasses')), 0);
    for (const { value } of attempt(() => dictEntries(process, subclasses, MOST_TYPES), [])) {
      const subclass = attempt(() => memory.u64(value + layout.at('weakReference.wr_object')), 0);
      if (subclass !== 0 && !found.includes(subclass) && found.length < MOST_TYPES) found.push(subclass);
    }
  }
  return found;
}

/** Where an address of one of the types is in writable memory. */
class Search {
  complete = true;
  private readonly memory: Memory;
  private readonly patterns: Buffer[];
  private readonly typeAt: number;
  private readonly most: number;

  constructor({ memory, layout }: Process, types: readonly number[], most: number) {
    this.most = most;
    this.memory = memory;
    this.typeAt = layout.at('object.ob_type');
    this.patterns = types.map((type) => {
      const pattern = Buffer.alloc(8);
      pattern.writeBigUInt64LE(BigInt(type));
      return pattern;
    });
  }

  *objects(): Generator<number> {
    let left = this.most;
    for (const segment of this.memory.segments) {
      if (!segment.writable) continue;
      for (let start = segment.start; start < segment.end; start += CHUNK) {
        const length = Math.min(CHUNK, segment.end - start);
        if ((left -= length) < 0) {
          this.complete = false;
          return;
        }
        const bytes = attempt(() => this.memory.available(start, length), undefined);
        if (bytes === undefined) return;
        for (const pattern of this.patterns) {
          for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 8)) {
            // ob_type is the second word of an object (free-threaded: the fourth), and objects lie at multiples of 16
            if (at % 16 === 8) yield start + at - this.typeAt;
          }
        }
      }
    }
  }
}

/**
 * Before greenlet 2 the fields are in the object itself (greenlet.h of 0.4 to 1.1). Later it has a pointer to a C++
 * `Greenlet` (TGreenlet.hpp): its table of virtual functions, what it was handling (`_PyErr_StackItem`, two words longer
 * before Python 3.11), arguments, stack and Python's state. The pointer back to the object comes first since greenlet
 * 3.1, and belongs to what derives from `Greenlet` before.
 */
function stateOf(address: number, { memory, layout, types }: Process): State | undefined {
  const size = types.of(address).bases.find(isGreenlet)?.basicSize;
  // A word that only looks like a greenlet has no pointer back, and of the old ones no greenlet as its parent.
  const head = layout.at('object.size');
  if (size === head + SIZE) {
    const implementation = memory.u64(address + head + 16);
    let back = 8;
    while (back < MOST_STATE && memory.u64(implementation + back) !== address) back += 8;
    if (back >= MOST_STATE) return undefined;
    const start = implementation + (back === 8 ? 16 : 8);
    const stack = start + (layout.minor >= 11 ? 40 : 56);
    return { ...stackAt(stack, memory), topFrame: memory.u64(stack + 48), exceptionState: start };
  }
  const parent = memory.u64(address + 56);
  const state = {
    ...stackAt(address + 16, memory),
    topFrame: memory.u64(address + 72),
    exceptionState: 0,
  };
  const main = state.stackStop >= ALL_ONES;
  return main || attempt(() => types.of(parent).bases.some(isGreenlet), false) ? state : undefined;
}

function isGreenlet({ name }: PythonType): boolean {
  return name === 'greenlet';
}

function stackAt(address: number, memory: Memory): Pick<State, 'stackStart' | 'stackStop'> {
  return {
    stackStart: memory.u64(address),
    stackStop: memory.u64(address + 8),
  };
}

/** The state of one that has begun and is not done. */
function waitingGreenlet(address: number, { objects }: Frames): State | undefined {
  const { types } = objects.process;
  if (!isReferenced(objects.process, address)) return undefined;
  const state = stateOf(address, objects.process);
  if (state === undefined || state.stackStart === 0 || state.stackStop === 0) return undefined;
  return state.topFrame !== 0 && types.of(state.topFrame).dotted !== 'frame' ? undefined : state;
}

function readGreenlet(
  address: number,
  state: State,
  frames: Frames,
): { task: ReportedTask<PythonValue>; handled: number[] } {
  const { objects } = frames;
  const type = objects.process.types.of(address).dotted;
  const own = attempt(() => objects.text(objects.attribute(address, 'name')), undefined);
  const stack = state.topFrame === 0 ? [] : stackOf(state.topFrame, frames);
  const task: ReportedTask<PythonValue> = {
    kind: 'greenlet',
    name: own === undefined || own === '' ? `${type} at 0x${address.toString(16)}` : `${own} (${type})`,
    state: state.topFrame === 0 ? 'running' : 'waiting',
    frames: frames.reportedStack(
      stack.reverse().map((frame) => ({ frame, lasti: frame.lasti, line: 0 })),
      'last',
    ),
  };
  const handled = state.topFrame === 0 ? [] : handledBy(state.exceptionState, objects);
  return { task, handled };
}

/**
 * What it was handling when it was left: `exc_info` leads through its generators to the thread's own item, which others
 * use now and of which `exc_state` is the copy (TExceptionState.cpp).
 */
function handledBy(state: number, { process, limits, leftOut }: Objects): number[] {
  const { memory, layout } = process;
  if (state === 0) return [];
  const found: number[] = [];
  const seen = new Set<number>();
  const value = (item: number): number =>
    attempt(() => memory.u64(item + layout.at('errStackItem.exc_value')), 0);
  let item = attempt(() => memory.u64(state), 0);
  while (item !== 0 && !seen.has(item) && seen.size < limits.calls) {
    seen.add(item);
    const here = item;
    const previous = attempt(() => memory.u64(here + layout.at('errStackItem.previous_item')), 0);
    if (previous !== 0) found.push(value(item));
    item = previous;
  }
  const all = [...found, value(state + 8)].filter((address) => address !== 0);
  if (all.length > limits.handled)
    leftOut.add(`${all.length - limits.handled} more exceptions that a greenlet was handling are not listed`);
  return all.slice(0, limits.handled);
}

/**
 * The frames of one that was left, from the innermost. Since 3.12 there are entries of the interpreter's loop between
 * them, on a C stack that another greenlet may use now; greenlet takes them out of the list meanwhile (`expose_frames`).
 */
function stackOf(topFrame: number, frames: Frames): Frame[] {
  const { layout } = frames.objects.process;
  const { limits, leftOut } = frames.objects;
  const found: Frame[] = [];
  let frame = attempt(() => frames.ofObject(topFrame), undefined);
  while (frame !== undefined) {
    if (found.length >= limits.calls) {
      leftOut.add(`the calls of a greenlet beyond the innermost ${limits.calls} are not listed`);
      break;
    }
    found.push(frame);
    const { previous } = frame;
    frame = attempt(
      () => (layout.has('frame.localsplus') ? frames.interpreterFrame(previous) : frames.ofObject(previous)),
      undefined,
    );
  }
  return found;
}
