import { resolve } from 'node:path';
import { usageError } from '../errors.ts';
import { fetchCore } from '../store/fetch-core.ts';
import { fileId } from '../store/specification.ts';
import { theOne, type Action } from './actions.ts';
import { typedCommand } from '../typed-command.ts';

/** `get`: downloads, verifies and unpacks a core. */
export const get: Action = async (context) => {
  const { store, terminal, options } = context;
  const crash = await theOne(context);
  const named = typeof options['output'] === 'string' ? options['output'] : `${crash.id}.core`;
  const target = resolve(terminal.options.cwd, named);
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
  if (terminal.options.json)
    terminal.document({ schemaVersion: 1, store: store.address, id: crash.id, path: target });
  else terminal.out(named);
  return 0;
};

/** `id FILE…`: the IDs of cores on this machine. */
export const id: Action = async ({ words, terminal }) => {
  if (words.length === 0) throw usageError('id wants a core', typedCommand('cores id core.1234'));
  const ids = words.map((path) => ({ path, id: fileId(path, terminal.options.cwd) }));
  if (terminal.options.json) terminal.document({ schemaVersion: 1, cores: ids });
  else terminal.out(ids.map((each) => (ids.length === 1 ? each.id : `${each.id}  ${each.path}`)).join('\n'));
  return 0;
};
