import type { ExitCode } from '../commands/command.ts';
import { usageError, UserError } from '../errors.ts';
import { readCrashes, type Crash } from '../store/crash-index.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { parseSpecification, select, type Specification } from '../store/specification.ts';
import type { Terminal } from '../terminal.ts';
import { typedCommand } from '../typed-command.ts';

/** What an action of `pycrash cores` works with. */
export interface CoresContext {
  store: ObjectStore;
  /** The words after the action. */
  words: readonly string[];
  options: Readonly<Record<string, unknown>>;
  terminal: Terminal;
  now: number;
}

export type Action = (context: CoresContext) => Promise<ExitCode>;

/** The crashes that the words mean. */
export async function meant(
  { store, terminal, now }: CoresContext,
  words: readonly string[],
): Promise<Crash[]> {
  const specification = parseSpecification(await withInput(words), terminal.options.cwd, now);
  terminal.progress(`reading ${store.address} …`);
  const crashes = await readCrashes(store, firstDay(specification));
  terminal.progress('');
  return select(crashes, specification);
}

/** The one crash that the words mean. */
export async function theOne(context: CoresContext): Promise<Crash> {
  const { words, store } = context;
  if (words.length === 0)
    throw usageError('which crash? Give its ID', `${typedCommand('cores ls')} shows the IDs`);
  const crashes = await meant(context, words);
  const [crash, ...others] = crashes;
  if (crash === undefined) {
    throw new UserError('no-core', `there is no crash ${words.join(' ')} in ${store.address}`, {
      help: `${typedCommand('cores ls')} shows what there is.`,
    });
  }
  if (others.length > 0) {
    throw usageError(
      `${words.join(' ')} means ${crashes.length} crashes: ${crashes
        .slice(-4)
        .map(({ id }) => id)
        .join(', ')}${crashes.length > 4 ? ', …' : ''}`,
      'Give more digits of the ID, or limit=1 for the newest.',
    );
  }
  return crash;
}

/** `-` is the words of the standard input: `pycrash cores ls --json … | jq …` gives IDs. */
async function withInput(words: readonly string[]): Promise<string[]> {
  if (!words.includes('-')) return [...words];
  let input = '';
  for await (const chunk of process.stdin) input += String(chunk);
  const given = input.split(/\s+/).filter(Boolean);
  if (given.length === 0) throw usageError('there are no IDs on the standard input');
  return words.flatMap((word) => (word === '-' ? given : [word]));
}

/** Days before it do not have to be listed. */
function firstDay({ since }: Specification): string | undefined {
  return since === undefined ? undefined : new Date(since).toISOString().slice(0, 10);
}
