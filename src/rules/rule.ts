import type { Project, Span } from '../project/project.ts';

export type Level = 'error' | 'warning' | 'info';

/** How sure the rule is: `high` follows from the files alone, `low` needs a look at the running service. */
export type Confidence = 'high' | 'medium' | 'low';

/** One file a rule: `PYCnnn-slug.ts`, its page `PYCnnn-slug.md` beside it. */
export interface Rule {
  /** `PYC001` … : never used again for something else. */
  id: string;
  slug: string;
  level: Level;
  /** One line: what is wrong when it fires. */
  summary: string;
  /** Looks at the project; never at the disk. */
  check(project: Project): Finding[];
}

export interface Finding {
  rule: string;
  level: Level | 'unknown';
  confidence: Confidence;
  /** What is wrong, here. */
  message: string;
  /** What to write instead. */
  help: string;
  at: Span;
  /** The edit that mends it; only where it cannot change what works (a Safe fix). */
  fix?: { file: string; start: number; end: number; text: string };
}
