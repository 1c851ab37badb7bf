import { join, resolve } from 'node:path';
import { usageError } from '../errors.ts';
import type { Crash } from '../store/crash-index.ts';
import { fetchCore } from '../store/fetch-core.ts';
import { fileId } from '../store/specification.ts';
import { theOne, type Action, type CoresContext } from './actions.ts';
import { typedCommand } from '../typed-command.ts';

/** `get`: downloads, verifies and unpacks a core. */
export const get: Action = async (context) => {
  const { store, terminal, options } = context;
  const crash = await theOne(context);
  const named = typeof options['output'] === 'string' ? options['output'] : `${crash.id}.core`;
  const target = resolve(terminal.options.cwd, named);
  await fetched(context, crash, target);
  if (terminal.options.json)
    terminal.document({ schemaVersion: 1, store: store.address, id: crash.id, path: target });
  else terminal.out(named);
  return 0;
};

/** `debug`: the same into a private folder, and gdb as `pycrash debug` opens it; the core is removed afterwards. */
export const debug: Action = async (context) => {
  const { terminal, options } = context;
  const crash = await theOne(context);
  // gdb's templates and what runs it are loaded only where they are used
  const [{ debugCore }, { privateFolder, removePrivateFolder }] = await Promise.all([
    import('../report/debug-core.ts'),
    import('../report/private-file.ts'),
  ]);
  const folder = privateFolder();
  try {
    const target = join(folder, `${crash.id}.core`);
    await fetched(context, crash, target);
    return await debugCore(target, options, terminal);
  } finally {
    removePrivateFolder(folder);
  }
};

/** Brings the core to the file, with progress and the identity of the options. */
async function fetched(
  { store, terminal, options }: CoresContext,
  crash: Crash,
  target: string,
): Promise<void> {
  try {
    const identity = options['identity'] ?? process.env['PYCRASH_AGE_IDENTITY'];
    await fetchCore(store, crash, target, {
      identity: typeof identity === 'string' ? resolve(terminal.options.cwd, identity) : undefined,
      progress: (bytes) =>
        terminal.progress(
          `fetching ${crash.id} … ${Math.floor((100 * bytes) / Math.max(1, crash.storedBytes))} %`,
        ),
    });
  } finally {
    terminal.progress('');
  }
}

/** `id FILE…`: the IDs of cores on this machine. */
export const id: Action = async ({ words, terminal }) => {
  if (words.length === 0) throw usageError('id wants a core', typedCommand('cores id core.1234'));
  const ids = words.map((path) => ({ path, id: fileId(path, terminal.options.cwd) }));
  if (terminal.options.json) terminal.document({ schemaVersion: 1, cores: ids });
  else terminal.out(ids.map((each) => (ids.length === 1 ? each.id : `${each.id}  ${each.path}`)).join('\n'));
  return 0;
};
