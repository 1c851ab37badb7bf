import type { Objects } from '../objects.ts';
import { attempt } from '../process.ts';
import type { Library, StrReader } from './library.ts';

const GROUP = 'exceptiongroup.BaseExceptionGroup';

/** The members of a group of the backport for Python 3.8 to 3.10; undefined where it is none. */
export function backportedMembers(objects: Objects, address: number): number[] | undefined {
  const { types } = objects.process;
  if (!attempt(() => types.is(types.of(address), GROUP), false)) return undefined;
  const held = objects.attribute(address, '_exceptions') ?? 0;
  return [...objects.tuple(held), ...objects.list(held)];
}

const groupText: StrReader = (texts, address) => {
  // until 1.2 an attribute
  const held = texts.objects.attribute(address, '_message') ?? texts.args(address)[0];
  const message = held === undefined ? undefined : texts.str(held);
  const members = backportedMembers(texts.objects, address);
  if (message === undefined || members === undefined) return undefined;
  return `${message} (${members.length} sub-exception${members.length === 1 ? '' : 's'})`;
};

export const EXCEPTIONGROUP: Library = { texts: { [GROUP]: groupText } };
