import { Argument, type Command } from 'commander';
import type { Action } from '../cores/actions.ts';
import { note, remove, set, ticket, unset, unticket } from '../cores/change.ts';
import { prune } from '../cores/prune.ts';
import { debug, get, id } from '../cores/fetch.ts';
import { count, info, list, report } from '../cores/list.ts';
import { top } from '../cores/top.ts';
import { spoolFolder } from '../collect/spool.ts';
import { DirectoryStore } from '../store/directory-store.ts';
import { openStore } from '../store/open-store.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from './command.ts';

const ACTIONS: Readonly<Record<string, Action>> = {
  ls: list,
  info,
  get,
  report,
  debug,
  id,
  top,
  count,
  set,
  unset,
  ticket,
  unticket,
  note,
  rm: remove,
  prune,
};

export function define(command: Command): void {
  command
    .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(ACTIONS)))
    .argument('[words...]', 'which crashes, and what the action needs')
    .option(
      '--from <address>',
      'the store: s3://BUCKET/PREFIX, or a directory (default: the spool of this host)',
    )
    .option('--spool <dir>', 'the spool of this host')
    .option('--columns <names>', 'ls: further columns, separated by commas')
    .option('--output <file>', 'get: where to put the core (default: ID.core)')
    .option('--batch <commands>', 'debug: run these gdb commands, separated by `;`, and leave')
    .option('--identity <file>', 'get, debug: the age identity of an encrypted core (PYCRASH_AGE_IDENTITY)')
    .option('--older-than <time>', 'prune: cores from before that time: 12h, 90d, 12w')
    .option('--keep <n>', 'prune: cores of a fingerprint beyond the newest so many')
    .option('--max-bytes <size>', 'prune: the oldest cores beyond that size in all: 500M, 20G')
    .option('--reports', 'prune: the reports and lines of these crashes too')
    .option('--yes', 'rm, prune: remove it; without it, what would go is shown')
    .addHelpText(
      'after',
      `
Actions:
  ls                      a line for each crash
  info                    all that is known of them; exit code 1 where there is none
  report                  the report of one crash, --json for the document
  get                     download, verify and unpack one core
  debug                   the same, opened in gdb, then removed
  id FILE…                the IDs of cores on this machine
  top                     by fingerprint, the most frequent first
  count PROPERTY          by the values of a property
  set … NAME VALUE        a property of your own; unset … NAME
  ticket … TICKET         the property ticket; unticket …
  note ID TEXT            the property note, with the date; earlier notes stay
  rm                      remove crashes
  prune                   remove cores by age, number or size; their reports stay

Which crashes: an ID or its beginning, a core on this machine, property=glob, since=6h, until=2026-11-30, limit=20;
- reads IDs from the standard input.

Examples:
  pycrash cores ls --from s3://crashes/shop since=1d
  pycrash cores top since=1w ticket=undefined
  pycrash cores prune --older-than 90d --keep 10 --from s3://crashes/shop --yes
  pycrash cores get 3f9a --from s3://crashes/shop`,
    );
}

export async function run(
  terminal: Terminal,
  [action, words]: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const { cwd } = terminal.options;
  const { from, spool } = options;
  const store =
    typeof from === 'string'
      ? await openStore(from, cwd)
      : new DirectoryStore(`${spoolFolder(spool, cwd)}/objects`, spoolFolder(spool, cwd));
  const act = ACTIONS[String(action)];
  if (act === undefined) throw new Error(`no action ${String(action)}`);
  return act({
    store,
    words: Array.isArray(words) ? words.map(String) : [],
    options,
    terminal,
    now: Date.now(),
  });
}
