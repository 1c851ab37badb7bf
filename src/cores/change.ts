import { usageError } from '../errors.ts';
import { parseTags, type Crash } from '../store/crash-index.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { crashKeys, tagsKey } from '../store/keys.ts';
import { propertyOf } from '../store/specification.ts';
import { meant, theOne, type Action, type CoresContext } from './actions.ts';
import { typedCommand } from '../typed-command.ts';

const NAME = /^[A-Za-z_][\w.-]{0,63}$/;

/** `set SPECIFICATION… NAME VALUE`: a property of one's own; `-` reads the value from the standard input. */
export const set: Action = (context) => {
  const { words } = context;
  const [name, value] = words.slice(-2);
  if (words.length < 3 || name === undefined || value === undefined)
    throw usageError(
      'set wants which crashes, a name and a value',
      typedCommand('cores set ID owner payments-team'),
    );
  return change(context, words.slice(0, -2), name, value);
};

/** `unset SPECIFICATION… NAME`. */
export const unset: Action = (context) => {
  const name = context.words.at(-1);
  if (context.words.length < 2 || name === undefined)
    throw usageError('unset wants which crashes and a name', typedCommand('cores unset ID owner'));
  return change(context, context.words.slice(0, -1), name, undefined);
};

/** `ticket SPECIFICATION… TICKET`: the property `ticket`. */
export const ticket: Action = (context) => {
  const value = context.words.at(-1);
  if (context.words.length < 2 || value === undefined)
    throw usageError('ticket wants which crashes and the ticket', typedCommand('cores ticket ID SHOP-123'));
  return change(context, context.words.slice(0, -1), 'ticket', value);
};

export const unticket: Action = (context) => {
  if (context.words.length === 0) throw usageError('unticket wants which crashes');
  return change(context, context.words, 'ticket', undefined);
};

/** `note SPECIFICATION… TEXT`: the property `note`; what was noted before stays, in front of it. */
export const note: Action = async (context) => {
  const { words, store } = context;
  const text = words.at(-1);
  if (words.length < 2 || text === undefined)
    throw usageError(
      'note wants which crash and the text',
      typedCommand("cores note ID 'seen after the deploy'"),
    );
  const { id, tags } = await theOne({ ...context, words: words.slice(0, -1) });
  const line = `${new Date(context.now).toISOString().slice(0, 10)} ${text}`;
  const { note: before } = tags;
  await writeTags(store, id, { ...tags, note: before === undefined ? line : `${before}; ${line}` });
  return told(context, [id]);
};

/** `rm SPECIFICATION…`: what would go; with `--yes` it goes. */
export const remove: Action = async (context) => {
  const { store, terminal, words, options } = context;
  if (words.length === 0)
    throw usageError('rm wants which crashes', typedCommand('cores rm until=90d --yes'));
  const crashes = await meant(context, words);
  const removed = options['yes'] === true;
  if (removed) {
    for (const key of crashes.flatMap(crashKeys)) await store.remove(key);
  }
  const ids = crashes.map(({ id }) => id);
  if (terminal.options.json) terminal.document({ schemaVersion: 1, store: store.address, removed, ids });
  else {
    const bytes = crashes.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    const what = `${crashes.length} crash${crashes.length === 1 ? '' : 'es'} of ${bytes} bytes`;
    if (ids.length > 0) terminal.out(ids.join('\n'));
    terminal.say(removed ? `removed ${what}` : `--yes removes ${what}; nothing was removed`);
  }
  return 0;
};

/** Sets a property of the crashes, or takes it away. */
async function change(
  context: CoresContext,
  specification: readonly string[],
  name: string,
  value: string | undefined,
): Promise<0> {
  const { store } = context;
  if (!NAME.test(name))
    throw usageError(`${JSON.stringify(name)} is not a name: letters, digits, _, . and -`);
  const crashes =
    specification.length === 1
      ? [await theOne({ ...context, words: specification })]
      : await meant(context, specification);
  for (const crash of crashes)
    if (isOwn(crash, name)) throw usageError(`${name} is a property of the crash itself`);
  for (const { id } of crashes) {
    const tags = parseTags((await store.read(tagsKey(id)))?.toString());
    const { [name]: _, ...others } = tags;
    const next = value === undefined ? others : { ...others, [name]: value };
    await writeTags(store, id, next);
  }
  return told(
    context,
    crashes.map(({ id }) => id),
  );
}

async function writeTags(
  store: ObjectStore,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  await store.write(tagsKey(id), Buffer.from(`${JSON.stringify(tags)}\n`), 'application/json');
}

function told({ store, terminal }: CoresContext, ids: readonly string[]): 0 {
  if (terminal.options.json) terminal.document({ schemaVersion: 1, store: store.address, ids });
  else terminal.say(`${ids.length} changed`);
  return 0;
}

function isOwn(crash: Crash, name: string): boolean {
  return propertyOf({ ...crash, tags: {} }, name) !== undefined;
}
