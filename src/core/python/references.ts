import type { Layout } from './layouts.ts';
import type { Process } from './process.ts';

/** Does anything refer to the object whose bytes begin at `at`? What was freed has no references any more. */
export function hasReferences(layout: Layout, bytes: Buffer, at: number): boolean {
  if (!layout.freeThreaded) return bytes.readInt32LE(at) > 0;
  // Two bits of a lock, where anything else has a pointer (Include/object.h, Include/cpython/lock.h)
  if ((bytes[at + layout.at('object.ob_mutex')] ?? 0) > 3) return false;
  // Two counts: of the thread that made it, and of all others above two bits of flags (PEP 703).
  const shared = bytes.readInt32LE(at + layout.at('object.ob_ref_shared'));
  return bytes.readUInt32LE(at + layout.at('object.ob_ref_local')) > 0 || shared >> 2 !== 0;
}

/** The same of an object in the memory of the process. */
export function isReferenced({ memory, layout }: Process, address: number): boolean {
  return hasReferences(layout, memory.bytes(address, layout.at('object.size')), 0);
}
