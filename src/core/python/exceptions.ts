import type { ChainedException, ReportedFrame } from '../../report/model.ts';
import { attributes, fieldsFirst, members } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import { exceptionLinks, keptLinks } from './exception-links.ts';
import type { Call, Frame, Frames } from './frames.ts';
import type { Layout } from './layouts.ts';
import { backportedMembers } from './libraries/exceptiongroup.ts';
import { attempt } from './process.ts';
import { isReferenced } from './references.ts';
import { Ends } from './repetition.ts';
import { FLAG, type PythonType } from './types.ts';
import { cutMark, type PythonValue } from './value.ts';

interface ExceptionChain {
  chain: ChainedException<PythonValue>[];
  /** So many exceptions of it are not in the chain. */
  leftOut: number;
}

// `object` and `BaseException` have nothing of their own: args, traceback and the rest are shown as what they are.
function isGeneral(type: PythonType): boolean {
  return type.dotted === 'object' || type.dotted === 'BaseException';
}

function isNative(type: PythonType, name: string): boolean {
  return type.bases.some((base) => base.native && base.dotted === name);
}

interface TracebackEntry {
  frame: number;
  lasti: number;
  line: number;
  /** So many entries after this one were not kept. */
  leftOut?: number;
}

/** Reads exceptions with everything that hangs on them. */
export class Exceptions {
  private readonly frames: Frames;

  constructor(frames: Frames) {
    this.frames = frames;
  }

  /** The object is an exception (not a class of exceptions). */
  is(address: number): boolean {
    if (!(address > 0) || address % 8 !== 0) return false;
    const { types } = this.frames.objects.process;
    return attempt(() => (types.of(address).flags & FLAG.exception) !== 0, false);
  }

  /** A type at that address would be a class of exceptions: one read tells that of nearly every word that is none. */
  isExceptionType(address: number): boolean {
    const { memory, layout, types } = this.frames.objects.process;
    return attempt(
      () =>
        (memory.u32(address + layout.at('type.tp_flags')) & FLAG.exception) !== 0 &&
        (types.at(address).flags & FLAG.exception) !== 0,
      false,
    );
  }

  /** It was raised: it has a traceback. */
  wasRaised(address: number): boolean {
    return this.is(address) && this.firstEntry(address) !== 0;
  }

  /** Up to 3.11, `__traceback__ = None` leaves None in the field: Objects/exceptions.c, BaseException_set_tb. */
  private firstEntry(address: number): number {
    const entry = this.pointer(address, 'exception.traceback');
    return this.frames.objects.process.types.isNative(entry, 'NoneType') ? 0 : entry;
  }

  get layout(): Layout {
    return this.frames.objects.process.layout;
  }

  /** What may be any word is an exception that was raised: its traceback leads to a frame. */
  isRaised(address: number): boolean {
    if (!this.wasRaised(address)) return false;
    const { process } = this.frames.objects;
    const { memory, layout, types } = process;
    return attempt(() => {
      // Any word that refers to a class of exceptions looks like one: in tuples, dicts, and in what was freed.
      if (!isReferenced(process, address)) return false;
      const isTuple = (types.of(this.pointer(address, 'exception.args')).flags & FLAG.tuple) !== 0;
      const traceback = this.pointer(address, 'exception.traceback');
      this.frames.ofObject(memory.u64(traceback + layout.at('traceback.tb_frame')));
      return isTuple;
    }, false);
  }

  /** The exception and what it leads to; `seen` gets the address of every one. */
  chain(first: number, seen: Set<number>): ExceptionChain {
    const { objects } = this.frames;
    const { links, complete } = exceptionLinks(first, objects.limits.chain, {
      is: (address) => this.is(address),
      members: (address) => this.members(address),
      cause: (address) => this.pointer(address, 'exception.cause'),
      context: (address) => this.pointer(address, 'exception.context'),
      suppresses: (address) => this.suppresses(address),
    });
    if (!complete)
      objects.leftOut.add(
        `more than ${objects.limits.chain} exceptions are in one chain or group: the others were not followed`,
      );
    for (const { address } of links) seen.add(address);
    const places = new Map<number, number>();
    const chain: ChainedException<PythonValue>[] = [];
    for (const { address, relation, of, suppressed, between, membersLeftOut } of keptLinks(links)) {
      const described = this.describe(address);
      if (described === undefined) continue;
      const index = of === undefined ? undefined : places.get(of);
      places.set(
        address,
        chain.push({
          ...described,
          relation,
          ...(index === undefined ? {} : { of: index }),
          ...(suppressed ? { suppressed } : {}),
          ...(between > 0 ? { between } : {}),
          ...(membersLeftOut > 0 ? { membersLeftOut } : {}),
          ...(relation === 'group' && of !== undefined && this.pointer(of, 'exception.cause') === address
            ? { isCause: true }
            : {}),
        }) - 1,
      );
    }
    return { chain, leftOut: links.length - chain.length };
  }

  private describe(
    address: number,
  ): Omit<ChainedException<PythonValue>, 'relation' | 'of' | 'suppressed'> | undefined {
    return attempt(() => {
      const type = this.frames.objects.process.types.of(address);
      return {
        type: type.name,
        module: type.module,
        ...this.message(address),
        ...this.attributes(address, type),
        notes: attempt(() => this.notes(address, type), []),
        frames: this.traceback(address),
      };
    }, undefined);
  }

  private pointer(address: number, field: string): number {
    const { memory, layout } = this.frames.objects.process;
    return attempt(() => memory.u64(address + layout.at(field)), 0);
  }

  private suppresses(address: number): boolean {
    const { memory, layout } = this.frames.objects.process;
    return attempt(() => memory.u8(address + layout.at('exception.suppress_context')) !== 0, false);
  }

  private members(address: number): number[] {
    const { types } = this.frames.objects.process;
    const group = attempt(() => isNative(types.of(address), 'BaseExceptionGroup'), false);
    const { objects } = this.frames;
    if (!group) return backportedMembers(objects, address) ?? [];
    return objects.tuple(this.pointer(address, 'exceptionGroup.excs'), objects.limits.chain);
  }

  /** `str(exception)`, and which `__str__` would have said more than that. */
  private message(address: number): { message: string; ownStr?: string } {
    const texts = this.frames.objects.texts();
    const message = attempt(() => texts.str(address), '');
    return { message, ...(texts.unknown === undefined ? {} : { ownStr: texts.unknown }) };
  }

  /** What is in its `__dict__` and slots, and what those in C keep in fields of their own (`errno`, `filename`, `code`). */
  private attributes(address: number, type: PythonType): { attributes?: Record<string, PythonValue> } {
    const { objects } = this.frames;
    const own = fieldsFirst(attributes(objects.process, address, type)).filter(
      ({ name }) => name !== '__notes__',
    );
    const inC = type.bases
      .filter((base) => base.native && !isGeneral(base))
      .flatMap((base) => members(objects.process, address, base))
      .filter(({ value }) => !objects.process.types.isNative(value, 'NoneType'));
    const all = [...inC, ...own];
    const shown = all
      .slice(0, objects.limits.items)
      .map(({ name, value }) => [name, objects.local(value)] as const);
    if (all.length > shown.length)
      objects.leftOut.add(`${all.length - shown.length} more attributes of ${type.dotted} are not listed`);
    return shown.length === 0 ? {} : { attributes: Object.fromEntries(shown) };
  }

  /** The frames of its traceback, from the outermost call; without those that cannot be read. */
  tracebackFrames(address: number): Frame[] {
    return this.entries(address).flatMap(({ frame }) => attempt(() => [this.frames.ofObject(frame)], []));
  }

  /**
   * One of these frames, which still run, has caught it: its traceback begins there. Where it is not being handled any more,
   * the frame went on after it.
   */
  wasCaughtIn(address: number, running: readonly Frame[]): boolean {
    const [outermost] = this.entries(address);
    const frame =
      outermost === undefined
        ? undefined
        : attempt(() => this.frames.ofObject(outermost.frame).address, undefined);
    return frame !== undefined && running.some((each) => each.address === frame);
  }

  /** The entries of its traceback; of more than the limit the middle is dropped. */
  private entries(address: number): TracebackEntry[] {
    const { process, limits } = this.frames.objects;
    const { memory, layout } = process;
    const ends = new Ends<TracebackEntry>(limits.calls);
    const seen = new Set<number>();
    let entry = this.firstEntry(address);
    while (entry !== 0 && !seen.has(entry)) {
      seen.add(entry);
      const here = entry;
      const read = attempt(
        () => ({
          frame: memory.u64(here + layout.at('traceback.tb_frame')),
          lasti: memory.i32(here + layout.at('traceback.tb_lasti')),
          line: memory.i32(here + layout.at('traceback.tb_lineno')),
        }),
        undefined,
      );
      if (read === undefined) break;
      ends.push(read);
      entry = attempt(() => memory.u64(here + layout.at('traceback.tb_next')), 0);
    }
    const { items, before, leftOut } = ends.finish();
    const last = items[before - 1];
    if (leftOut > 0 && last !== undefined) last.leftOut = leftOut;
    return items;
  }

  private traceback(address: number): ReportedFrame<PythonValue>[] {
    const calls = this.entries(address).map(({ frame, lasti, line, leftOut }): Call => ({
      frame: attempt(() => this.frames.ofObject(frame), undefined),
      lasti,
      line,
      leftOut,
    }));
    return this.frames.reportedStack(calls, 'last');
  }

  private notes(address: number, type: PythonType): string[] {
    const { objects } = this.frames;
    const { process } = objects;
    const dict = this.pointer(address, 'exception.dict');
    let list = attributes(process, address, type).find(({ name }) => name === '__notes__')?.value;
    if (list === undefined && dict !== 0) {
      list = attempt(
        () => dictEntries(process, dict).find(({ key }) => objects.text(key, 32) === '__notes__')?.value,
        undefined,
      );
    }
    list ??= process.types.attribute(type, '__notes__');
    if (list === undefined) return [];
    const { memory, layout } = process;
    const { flags } = process.types.of(list);
    // Lib/traceback.py: what is no sequence is shown by its `repr`, and None not at all
    if ((flags & (FLAG.list | FLAG.tuple)) === 0)
      return objects.texts().isNone(list) ? [] : [objects.texts().repr(list)];
    const isList = (flags & FLAG.list) !== 0;
    const items = isList ? memory.u64(list + layout.at('list.items')) : list + layout.at('tuple.items');
    const length = memory.u64(list + layout.at('varObject.ob_size'));
    const count = Math.min(length, objects.limits.notes);
    const notes = [];
    for (let index = 0; index < count; index += 1) {
      notes.push(objects.texts().str(memory.u64(items + index * 8)));
    }
    if (count < length) notes.push(`${cutMark(length - count)} notes`);
    return notes;
  }
}
