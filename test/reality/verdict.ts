/** What was said of a variant before, and what happened then. */
export interface Row {
  name: string;
  /** Ids of rules; `?` behind one that says that it is unknown. */
  said: readonly string[];
  happened: string;
  /** Was that as it should be? */
  good: boolean;
}

export type Verdict = 'right' | 'unknown' | 'false good' | 'false bad';

/** `unknown` where nothing but that was said. */
export function verdictOf({ good, said }: Row): Verdict {
  if (said.length > 0 && said.every((rule) => rule.endsWith('?'))) return 'unknown';
  const saidGood = said.length === 0;
  if (good === saidGood) return 'right';
  return saidGood ? 'false good' : 'false bad';
}
