/** How much is looked at for one report, in characters. What is left over then is hidden, not shown. */
const MOST_WORK = 200_000_000;

/** Counts what the scanners look at: their budget, and what the test of their growth measures. */
export class Work {
  done = 0;
  readonly #most: number;

  constructor(most = MOST_WORK) {
    this.#most = most;
  }

  spend(characters: number): void {
    this.done += characters;
  }

  get left(): boolean {
    return this.done < this.#most;
  }
}
