import type { ReportedTask } from '../../report/model.ts';
import type { Memory } from '../elf/memory.ts';
import { dictEntries } from './dicts.ts';
import type { Frame, Frames } from './frames.ts';
import { ENTRY_FRAME, type Interpreters } from './interpreters.ts';
import { attempt, type Process } from './process.ts';
import type { PythonValue } from './value.ts';

const MOST_GREENLETS = 1000;
const MOST_TYPES = 200;
const MOST_FRAMES = 1000;
const CHUNK = 1 << 20;
const MOST_BYTES = 1024 ** 3;
// `stack_stop` of the greenlet that a thread began as
const ALL_ONES = 0xffff_ffff_ffff_f000;

/** Where a greenlet keeps its state, and the part of the C stack that was moved away when it was left. */
interface State {
  /** Address of the `PyFrameObject` that it was left in; 0 while it runs, before it starts and when it is done. */
  topFrame: number;
  /** The greenlet's own part of the stack; 0: it is done or has not begun, 1: it runs and was never left. */
  stackStart: number;
  /** 0: it has not begun; all ones: the main greenlet of a thread. */
  stackStop: number;
  copy: number;
  saved: number;
}

/**
 * The greenlets (gevent, eventlet) that have begun and are not done, each with the frames in which it waits, the outermost
 * first. They know each other, but not all of each other: they are found by their type in writable memory.
 */
export function readGreenlets(
  interpreters: Interpreters,
  frames: Frames,
): { tasks: ReportedTask<PythonValue>[]; complete: boolean } {
  const { process } = frames.objects;
  const types = greenletTypes(interpreters, process);
  const tasks: ReportedTask<PythonValue>[] = [];
  if (types.length === 0) return { tasks, complete: true };
  const search = new Search(process.memory, types);
  for (const address of search.objects()) {
    const task = attempt(() => readGreenlet(address, frames), undefined);
    if (task !== undefined) tasks.push(task);
    if (tasks.length >= MOST_GREENLETS) break;
  }
  return { tasks, complete: search.complete && tasks.length < MOST_GREENLETS };
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

  constructor(memory: Memory, types: readonly number[]) {
    this.memory = memory;
    this.patterns = types.map((type) => {
      const pattern = Buffer.alloc(8);
      pattern.writeBigUInt64LE(BigInt(type));
      return pattern;
    });
  }

  *objects(): Generator<number> {
    let left = MOST_BYTES;
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
            // ob_type is the second word of an object, and objects lie at multiples of 16
            if (at % 16 === 8) yield start + at - 8;
          }
        }
      }
    }
  }
}

/**
 * greenlet 2 and later: `PyGreenlet` has a pointer to a C++ `Greenlet`, which begins with its table of virtual functions
 * and a pointer back (src/greenlet/TGreenlet.hpp); what a thread was handling (`_PyErr_StackItem`) was two words longer
 * before 3.11. Before that the fields were in the object itself (greenlet.h of 0.4 to 1.1).
 */
function stateOf(address: number, { memory, layout, types }: Process): State | undefined {
  const implementation = memory.u64(address + 32);
  const modern = types.of(address).bases.some((base) => base.name === 'greenlet' && base.basicSize === 40);
  const isGreenlet = (object: number): boolean =>
    attempt(() => types.of(object).bases.some((base) => base.name === 'greenlet'), false);
  // a word that only looks like one has neither the pointer back nor, before greenlet 2, a greenlet as its parent
  if (modern && attempt(() => memory.u64(implementation + 8), 0) !== address) return undefined;
  if (!modern && !isGreenlet(memory.u64(address + 56)) && memory.u64(address + 24) < ALL_ONES)
    return undefined;
  const stack = modern ? implementation + (layout.minor >= 11 ? 56 : 72) : address + 16;
  return {
    stackStart: memory.u64(stack),
    stackStop: memory.u64(stack + 8),
    copy: memory.u64(stack + 16),
    saved: memory.u64(stack + 24),
    // after `stack_prev`: the context, or before greenlet 2 the parent and `run_info`
    topFrame: memory.u64(stack + (modern ? 48 : 56)),
  };
}

function readGreenlet(address: number, frames: Frames): ReportedTask<PythonValue> | undefined {
  const { objects } = frames;
  const { memory, types } = objects.process;
  // what was freed has no references any more
  if (memory.i32(address) <= 0) return undefined;
  const state = stateOf(address, objects.process);
  if (state === undefined || state.stackStart === 0 || state.stackStop === 0) return undefined;
  if (state.topFrame !== 0 && types.of(state.topFrame).dotted !== 'frame') return undefined;
  const type = types.of(address).dotted;
  const own = attempt(() => objects.text(objects.attribute(address, 'name'), 200), undefined);
  const stack = state.topFrame === 0 ? [] : stackOf(state, frames);
  return {
    kind: 'greenlet',
    name: own === undefined || own === '' ? `${type} at 0x${address.toString(16)}` : `${own} (${type})`,
    state: state.topFrame === 0 ? 'running' : 'waiting',
    frames: stack
      .reverse()
      .map((frame) => frames.reported(frame, frames.line(frame.code, frame.lasti), true)),
  };
}

/** The frames of one that was left, from the innermost. */
function stackOf(state: State, frames: Frames): Frame[] {
  const { memory, layout } = frames.objects.process;
  const found: Frame[] = [];
  // The loop's own entry frames lie on the C stack (3.12 and later), which another greenlet may use now.
  const there = (at: number): number =>
    at >= state.stackStart && at - state.stackStart < state.saved ? at - state.stackStart + state.copy : at;
  let next = 0;
  const first = attempt(() => frames.ofObject(state.topFrame), undefined);
  if (first !== undefined) {
    found.push(first);
    next = first.previous;
  }
  for (let steps = 0; next !== 0 && steps < 2 * MOST_FRAMES && found.length < MOST_FRAMES; steps += 1) {
    const here = next;
    if (!layout.has('frame.localsplus')) {
      const frame = attempt(() => frames.ofObject(here), undefined);
      if (frame === undefined) break;
      found.push(frame);
      next = frame.previous;
      continue;
    }
    const at = there(here);
    next = attempt(() => memory.u64(at + layout.at('frame.previous')), 0);
    const owner = attempt(() => memory.u8(at + layout.at('frame.owner')), ENTRY_FRAME);
    if (layout.minor >= 12 && owner >= ENTRY_FRAME) continue;
    const frame = attempt(() => frames.interpreterFrame(at), undefined);
    if (frame !== undefined) found.push(frame);
  }
  return found;
}
