import { withoutRepetition } from '../core/python/repetition.ts';
import type { ReportedFrame } from './model.ts';

/** A frame, and what stands after it for frames that are not shown. */
export interface ShownFrame {
  frame: ReportedFrame;
  notes: string[];
}

/** Frames in the order given; those that a recursion repeats are counted, as Python's traceback does. */
export function shownFrames(frames: readonly ReportedFrame[]): ShownFrame[] {
  const keys = frames.map((frame, index) =>
    frame.repeated === undefined && frame.leftOut === undefined
      ? `${frame.file}:${frame.line}:${frame.function}`
      : `mark ${index}`,
  );
  return withoutRepetition(keys).flatMap(({ index, gap }) => {
    const frame = frames[index];
    if (frame === undefined) return [];
    const repeated = frame.repeated ?? gap.repeated;
    const notes = [];
    if (repeated !== undefined) {
      const what = repeated.of === 1 ? 'line' : `${repeated.of} lines`;
      notes.push(`[Previous ${what} repeated ${repeated.times} more times]`);
    }
    if (frame.leftOut !== undefined) notes.push(`[… ${frame.leftOut} more frames]`);
    return [{ frame: repeated === undefined ? frame : { ...frame, repeated }, notes }];
  });
}
