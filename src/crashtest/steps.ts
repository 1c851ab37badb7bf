import type { Verdict } from './judge.ts';
import type { Step } from './verification.ts';

export interface Listener {
  /** What is going on now. */
  progress(text: string): void;
  step(step: Step): void;
}

/** Collects the steps; the time since the last one is the time of the next. */
export class Steps {
  readonly all: Step[] = [];
  readonly #listener: Listener;
  #last = performance.now();

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  add(judged: Verdict): void {
    const now = performance.now();
    const step = { ...judged, seconds: Math.round(now - this.#last) / 1000 };
    this.#last = now;
    this.all.push(step);
    this.#listener.step(step);
  }
}
