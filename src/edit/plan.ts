import type { Note } from '../project/project.ts';

/** What a command is going to do to the tree, before anything is written. */
export interface Plan {
  changes: readonly FileChange[];
  notes: readonly Note[];
}

export interface FileChange {
  /** From the root, with `/`. */
  path: string;
  /** `manual`: cannot be done safely; `reason` says what to paste where. */
  action: 'create' | 'edit' | 'delete' | 'unchanged' | 'manual';
  /** Bytes before (absent: there is no such file) and after (absent: it is removed). */
  before?: Uint8Array;
  after?: Uint8Array;
  /** Unix mode of a new file. */
  mode?: number;
  reason?: string;
}
