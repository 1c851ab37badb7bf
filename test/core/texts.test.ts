import { describe, expect, test } from 'vitest';
import { repr } from '../../src/core/python/value.ts';
import type { OracleException } from '../e2e/cores/make-core.ts';
import { plainBuilds, pythonBuild } from '../e2e/cores/python-builds.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { coresOf } from './read-made-core.ts';

const read = coresOf('texts.py');

function chainOf(exception: OracleException | null): OracleException[] {
  return exception === null ? [] : [exception, ...chainOf(exception.cause)];
}

describe.each(plainBuilds())('CPython $id', (build) => {
  test('a message is what `str` says, or names whose `__str__` or `__repr__` was not run', async () => {
    const { report, core } = await read(build, 'messages');
    const ours = report.exceptions[0]?.chain ?? [];
    const theirs = chainOf(core.oracle.exception);
    expect(ours).toHaveLength(theirs.length);
    const untrue = theirs.flatMap(({ message }, at) =>
      ours[at]?.message === message || ours[at]?.ownStr !== undefined
        ? []
        : [`${ours[at]?.message}, but it was ${message}`],
    );
    expect(untrue).toEqual([]);
    // those that are known
    const said = ours.flatMap((each) => (each.ownStr === undefined ? [each.message] : []));
    expect(said).toEqual(
      expect.arrayContaining(['7', '1.5', 'True', '2.5', "b'bytes'", "b'x'", 'UTC', 'UTC-03:30']),
    );
    expect([...new Set(ours.flatMap(({ ownStr }) => ownStr ?? []))].sort()).toEqual([
      '__main__.Own.__repr__',
      'operator.itemgetter.__repr__',
      'threading.Condition.__repr__',
    ]);
  });
});

test.each(['3.12', '3.13', '3.14', '3.15'])(
  'Python %s: the variable of a comprehension that was inlined into a module is there',
  async (id) => {
    const { report } = await read(pythonBuild(id), 'inlined');
    const frame = report.threads[0]?.frames.find((each) => each.function === '<module>');
    expect(repr(frame?.locals['item'] ?? { type: '' })).toBe("'b'");
  },
);

test.each(['3.12', '3.13', '3.14'])('Python %s: an eager task that runs is a task', async (id) => {
  const { report } = await read(pythonBuild(id), 'eager');
  // it gets its name later in 3.12 and 3.13
  const others = report.tasks?.filter(({ name }) => !/^(?:Task-1|eager [01])$/.test(name ?? ''));
  expect(report.tasks).toHaveLength(4);
  expect(others?.map(({ frames }) => frames[0]?.function)).toEqual(['eager.<locals>.work']);
});

test('members of a group of exceptiongroup, for Python before 3.11, are members', async () => {
  const build = pythonBuild('3.8');
  if (build === undefined) throw new Error('needs Python 3.8');
  const program = `${pythonEnvironment('3.8', ['exceptiongroup']).folder}/bin/python`;
  const { report } = await read({ ...build, program }, 'group');
  const chain = report.exceptions[0]?.chain ?? [];
  expect(chain.map(({ message, relation }) => [message, relation])).toEqual([
    ['both (2 sub-exceptions)', null],
    ['part 0', 'group'],
    ['part 1', 'group'],
  ]);
  expect(repr(chain[1]?.frames.at(-1)?.locals['part'] ?? { type: '' })).toBe("'part 0'");
});
