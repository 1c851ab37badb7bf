import { describe, expect, test } from 'vitest';
import { exceptionLinks, keptLinks } from '../../src/core/python/exception-links.ts';
import { openLocalFile } from '../../src/core/local-files.ts';
import type { Limits } from '../../src/core/limits.ts';
import { shortened, withoutRepetition, type Gap } from '../../src/core/python/repetition.ts';
import { repr } from '../../src/core/python/value.ts';
import { readCore, type UnredactedReport } from '../../src/core/read-core.ts';
import { makeCore } from '../e2e/cores/make-core.ts';
import { pythonBuild } from '../e2e/cores/python-builds.ts';

const total = (kept: readonly { gap: Gap }[]): number =>
  kept.reduce(
    (sum, { gap }) =>
      sum + 1 + (gap.leftOut ?? 0) + (gap.repeated === undefined ? 0 : gap.repeated.of * gap.repeated.times),
    0,
  );

describe('repetition', () => {
  test('what comes up to four times stays as it is', () => {
    const kept = withoutRepetition(['a', 'b', 'b', 'b', 'b', 'c']);
    expect(kept.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a period is shown three times, counted, and shown once more', () => {
    const keys = ['main', ...Array.from({ length: 2000 }, (_, at) => (at % 2 === 0 ? 'even' : 'odd')), 'end'];
    const kept = withoutRepetition(keys);
    expect(kept.map(({ index }) => keys[index]).join(' ')).toBe(
      'main even odd even odd even odd even odd end',
    );
    expect(kept[6]?.gap).toEqual({ repeated: { of: 2, times: 996 } });
    expect(total(kept)).toBe(keys.length);
  });

  test('of what is still too long the ends and the first of each kind stay, and all is counted', () => {
    const items = Array.from({ length: 5000 }, (_, index) => ({ index, gap: {} }));
    const kept = shortened(items, { first: 10, last: 20, kinds: 50 }, ({ index }) => index % 30);
    expect(kept.slice(0, 30).map(({ index }) => index)).toEqual([...Array.from({ length: 30 }).keys()]);
    expect(kept.at(-1)?.index).toBe(4999);
    expect(total(kept)).toBe(5000);
  });
});

/** Exception 1 is caused by 2, that by 3, …; a group has the members that it is given. */
const graph = (length: number, groups: Record<number, number[]> = {}) => ({
  is: (address: number) => address >= 1,
  members: (address: number) => groups[address] ?? [],
  cause: (address: number) => (address < length ? address + 1 : 0),
  context: () => 0,
  suppresses: () => false,
});

const linksOf = (of: ReturnType<typeof graph>) => exceptionLinks(1, 100_000, of).links;

describe('chains of exceptions', () => {
  test('a hundred are all there', () => {
    const kept = keptLinks(linksOf(graph(100)));
    expect(kept.map(({ address }) => address)).toEqual(
      [...Array.from({ length: 100 }).keys()].map((at) => at + 1),
    );
  });

  test('of more the first fifty and the root cause are', () => {
    const links = linksOf(graph(1000));
    const kept = keptLinks(links);
    expect(kept.slice(0, 50).map(({ address }) => address)).toEqual(
      links.slice(0, 50).map(({ address }) => address),
    );
    expect(kept.at(-1)?.address).toBe(1000);
    expect(kept[50]).toMatchObject({ of: 50, between: 925 });
    expect(kept.length + kept.reduce((sum, { between }) => sum + between, 0)).toBe(1000);
  });

  test('members of a group that are left out are counted, and its cause is there', () => {
    const members = Array.from({ length: 1500 }, (_, at) => 10_000 + at);
    const kept = keptLinks(
      linksOf({ ...graph(1, { 1: members }), cause: (address: number) => (address === 1 ? 2 : 0) }),
    );
    const shown = kept.filter(({ relation }) => relation === 'group').length;
    expect(kept[0]?.membersLeftOut).toBe(1500 - shown);
    expect(kept.map(({ address }) => address)).toContain(2);
  });

  test('a loop ends', () => {
    const loop = { ...graph(3), cause: (address: number) => (address % 3) + 1 };
    expect(linksOf(loop)).toHaveLength(3);
  });
});

async function limited(scenario: string, limits: Partial<Limits>): Promise<UnredactedReport> {
  const build = pythonBuild('3.11 debian');
  if (build === undefined) throw new Error('needs /usr/bin/python3.11');
  const core = await makeCore(build, scenario, { program: 'whose.py' });
  const source = openLocalFile(core.path);
  if (source === undefined) throw new Error(`${core.path} cannot be opened`);
  try {
    return await readCore(source, { path: core.path, limits });
  } finally {
    source.close();
    core.remove();
  }
}

test('of more calls than the limit the innermost are there, and the rest is counted', async () => {
  const { exceptions } = await limited('deep', { calls: 600 });
  const frames = exceptions[0]?.chain[0]?.frames ?? [];
  expect(repr(frames.at(-1)?.locals['culprit'] ?? { type: '' })).toBe("'innermost'");
  expect(frames.find(({ leftOut }) => leftOut !== undefined)?.leftOut).toBe(6002 - 600);
});

test('values that are over the limit of a part are not called what they are not, and cost no other part', async () => {
  const report = await limited('crowd', { total: 400 });
  const shown = report.threads
    .slice(1)
    .flatMap(({ frames }) => frames.flatMap(({ locals }) => Object.values(locals)));
  expect(shown.map((value) => repr(value)).join(' ')).not.toContain('not an object');
  expect(shown.map((value) => repr(value))).toContain('<not read: the limit of this report was reached>');
  expect(report.exceptions[0]?.chain[0]?.message).toBe('of the crash');
  expect(repr(report.exceptions[0]?.chain[0]?.frames.at(-1)?.locals['text'] ?? { type: '' })).toBe(
    "'of the crash'",
  );
  const warnings = report.warnings
    .filter(({ code }) => code === 'values-not-read')
    .map(({ message }) => message);
  expect(warnings.join('\n')).toContain('frames of other threads');
  expect(warnings.join('\n')).not.toContain('exceptions of the thread that took the signal');
});
