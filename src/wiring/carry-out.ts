import { join } from 'node:path';
import { applyChanges, removeFolderIfEmpty } from '../edit/apply.ts';
import { unifiedDiff } from '../edit/diff.ts';
import { uncommitted } from '../edit/git-state.ts';
import { isAsWritten, MANIFEST, type Manifest } from '../edit/manifest.ts';
import type { FileChange, Plan } from '../edit/plan.ts';
import { UserError } from '../errors.ts';
import { decodeText } from '../project/readers/text.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from '../commands/command.ts';

export interface Operation {
  root: string;
  /** What is asked, e.g. `Set up crash handling?`. */
  question: string;
  plan: Plan;
  /** What is there already; files that are as it says are not the user's uncommitted work. */
  manifest: Manifest | undefined;
  /** Said where nothing has to be done. */
  nothing: string;
  done: string;
  yes: boolean;
  dryRun: boolean;
  force: boolean;
  /** First members of the JSON document. */
  head: Readonly<Record<string, unknown>>;
  /** Reads the tree again; returns what is wrong with it, and then everything is rolled back. */
  verify(): Promise<string | undefined>;
  /** Folders to remove where they are empty afterwards, from the root. */
  folders?: readonly string[];
}

/**
 * Shows a plan, asks, carries it out, and looks at the outcome: all of it or nothing. Exit code 1 where something is
 * left to do by hand (and then nothing is written) or where the answer was no, 2 where nobody could be asked.
 */
export async function carryOut(terminal: Terminal, operation: Operation): Promise<ExitCode> {
  const { root, plan } = operation;
  const manual = plan.changes.some(({ action }) => action === 'manual');
  const writes = plan.changes.filter(({ action }) => action !== 'unchanged' && action !== 'manual');
  const finish = (applied: boolean, exitCode: ExitCode, message: string): ExitCode => {
    if (terminal.options.json) terminal.document(documentOf(operation, applied));
    if (message !== '') terminal.say(message);
    return exitCode;
  };
  if (!terminal.options.json) show(terminal, plan);
  if (manual)
    return finish(false, 1, 'Nothing was written: do what is said above, then run the command again.');
  if (writes.length === 0) return finish(false, 0, operation.nothing);
  if (operation.dryRun) return finish(false, 0, 'Nothing was written (--dry-run).');
  const dirty = operation.force ? [] : dirtyFiles(operation, writes);
  if (operation.yes) {
    if (dirty.length > 0) {
      finish(false, 2, '');
      throw new UserError('dirty-tree', `there are changes that are not committed: ${shortened(dirty)}`, {
        exitCode: 2,
        help: 'Nothing was written. Commit or stash them first, or pass --force.',
      });
    }
  } else if (!terminal.interactive) {
    finish(false, 2, '');
    throw new UserError('no-terminal', 'there is no terminal to ask on, so nothing was written', {
      exitCode: 2,
      help: 'Pass --yes to write what is shown above, or --dry-run to only look.',
    });
  } else if (!(await confirmed(operation.question, dirty))) {
    return finish(false, 1, 'Nothing was written.');
  }
  await write(operation, writes);
  for (const folder of [...(operation.folders ?? [])].sort().reverse())
    removeFolderIfEmpty(join(root, folder));
  return finish(true, 0, operation.done);
}

/** A signal has to wait until the tree is whole again. */
function later(): void {}

async function write({ root, verify }: Operation, writes: readonly FileChange[]): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, later);
  try {
    const applied = applyChanges(root, writes);
    let wrong: string | undefined;
    try {
      wrong = await verify();
    } catch (error) {
      applied.rollBack();
      throw error;
    }
    if (wrong !== undefined) {
      applied.rollBack();
      throw new UserError('not-in-force', wrong, {
        help: 'Everything was rolled back; the tree is as it was.',
      });
    }
    applied.finish();
  } finally {
    for (const signal of signals) process.off(signal, later);
  }
}

/** A whole file is shown up to this many lines, a longer one by its beginning: the edits must not scroll away. */
const WHOLE = 60;
const BEGINNING = 15;

function beginning(diff: string): string {
  const lines = diff.trimEnd().split('\n');
  if (lines.length <= WHOLE) return diff;
  return `${lines.slice(0, BEGINNING).join('\n')}\n… ${lines.length - BEGINNING} more lines (--json has them all)\n`;
}

function show(terminal: Terminal, plan: Plan): void {
  for (const { path, action, before, after, reason } of plan.changes) {
    if (path === MANIFEST) {
      terminal.out(`${terminal.style('bold', action)} ${path}`);
      continue;
    }
    if (action === 'manual') {
      terminal.out(`${terminal.style(['bold', 'red'], 'by hand')} ${path}\n  ${reason ?? ''}`);
    } else if (action === 'unchanged') {
      if (reason !== undefined) terminal.out(`${terminal.style('dim', 'unchanged')} ${path}: ${reason}`);
    } else {
      terminal.out(`${terminal.style('bold', action)} ${path}`);
      if (terminal.options.quiet) continue;
      const diff = diffOf(path, before, after);
      terminal.out(coloured(terminal, action === 'edit' ? diff : beginning(diff)));
    }
  }
  for (const note of plan.notes) {
    const where = note.at === undefined ? '' : `${note.at.file}:${note.at.line}: `;
    terminal.say(`${terminal.style('yellow', 'note')}: ${where}${note.message}`);
  }
}

function coloured(terminal: Terminal, diff: string): string {
  return diff
    .split('\n')
    .map((line) => {
      if (line.startsWith('--- ') || line.startsWith('+++ ')) return terminal.style('bold', line);
      if (line.startsWith('@@')) return terminal.style('cyan', line);
      if (line.startsWith('+')) return terminal.style('green', line);
      return line.startsWith('-') ? terminal.style('red', line) : line;
    })
    .join('\n');
}

function diffOf(path: string, before: Uint8Array | undefined, after: Uint8Array | undefined): string {
  return unifiedDiff(path, textOf(before), textOf(after));
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : decodeText(bytes).text;
}

function documentOf(operation: Operation, applied: boolean): unknown {
  return {
    schemaVersion: 1,
    ...operation.head,
    files: operation.plan.changes.map(({ path, action, before, after, reason }) => ({
      path,
      action,
      ...(action === 'unchanged' || action === 'manual' ? {} : { diff: diffOf(path, before, after) }),
      ...(reason === undefined ? {} : { reason }),
    })),
    notes: operation.plan.notes.map(({ code, message, at }) => ({
      code,
      message,
      ...(at === undefined ? {} : { file: at.file, line: at.line }),
    })),
    applied,
  };
}

/** Uncommitted work of the user: not what init itself has written and nobody has touched since. */
function dirtyFiles({ root, manifest }: Operation, writes: readonly FileChange[]): string[] {
  const edits = writes.filter(({ before }) => before !== undefined);
  const ours = new Set([MANIFEST]);
  for (const { path, before } of edits) {
    const known = manifest?.files.find((file) => file.path === path);
    if (known !== undefined && before !== undefined && isAsWritten(known, before)) ours.add(path);
  }
  for (const { path } of manifest?.files ?? []) if (!edits.some((edit) => edit.path === path)) ours.add(path);
  return uncommitted(
    root,
    edits.map(({ path }) => path),
  ).filter((file) => !ours.has(file));
}

function shortened(files: readonly string[]): string {
  return files.length > 3 ? `${files.slice(0, 3).join(', ')} and ${files.length - 3} more` : files.join(', ');
}

async function confirmed(question: string, dirty: readonly string[]): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const message =
    dirty.length === 0
      ? question
      : `${question} There are changes that are not committed (${shortened(dirty)}): they would mix with these.`;
  const answer = await confirm({ message, initialValue: dirty.length === 0, output: process.stderr });
  return !isCancel(answer) && answer;
}
