import type { Project, Span } from '../project/project.ts';

/** What is known of the machine that the service will run on; nothing of it is read from this machine. */
export interface Target {
  /** Version of systemd, e.g. 252 for Debian 12. */
  systemd?: number;
}

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
  check(project: Project, target: Target): RuleFinding[];
}

/** What a rule says; its number is added by the one who runs it, and its level where it has no other. */
export interface RuleFinding {
  /** `unknown`: whether it is wrong cannot be known from the files; `help` has the command that finds out. */
  level?: Level | 'unknown';
  confidence: Confidence;
  /** What is wrong, here. */
  message: string;
  /** What to write instead. */
  help: string;
  at: Span;
  /** The edit that mends it; only where it cannot change what works (a Safe fix). */
  fix?: Fix;
}

/** Offsets are UTF-16 code units of the decoded text, as in `Span`. */
export interface Fix {
  file: string;
  start: number;
  end: number;
  text: string;
}

export interface Finding extends RuleFinding {
  rule: string;
  level: Level | 'unknown';
}
