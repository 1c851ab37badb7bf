import { assert, asyncProperty, constantFrom, record } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EffectiveList } from '../../src/project/project.ts';
import { CPython } from './cpython.ts';
import { isExact, strings } from './agreement.ts';
import { evaluate, type Files } from './evaluate.ts';
import { settingsPrograms } from './settings-programs.ts';

// What the evaluator says of a settings module without running it has to be what CPython gets when it runs it.

const RUNS = 600;

let python: CPython;
beforeAll(() => {
  python = new CPython();
});
afterAll(() => {
  python.end();
});

async function listOf(files: Files): Promise<EffectiveList> {
  const list = (await evaluate(files, 'shop.production')).list('MIDDLEWARE');
  if (list === undefined) throw new Error('MIDDLEWARE is gone');
  return list;
}

test('the list that is there by default is the one that CPython gets', async () => {
  let exact = 0;
  let ran = 0;
  await assert(
    asyncProperty(settingsPrograms('any'), async (files) => {
      const answer = await python.run({ files, module: 'shop.production', name: 'MIDDLEWARE' });
      if ('error' in answer) return;
      ran++;
      const list = await listOf(files);
      if (!isExact(list)) return;
      exact++;
      expect(strings(list, (index) => list.elements[index]?.byDefault === true)).toEqual(answer.value);
    }),
    { numRuns: RUNS },
  );
  // the property must not hold because the evaluator knows nothing
  expect(ran).toBeGreaterThan(RUNS * 0.7);
  expect(exact).toBeGreaterThan(ran * 0.7);
});

test('with other environment variables it is the elements whose conditions CPython finds true', async () => {
  const environment = record(
    {
      ONE: constantFrom('', '1', 'yes'),
      TWO: constantFrom('2', '3'),
      LIST: constantFrom('x', 'z'),
    },
    { requiredKeys: [] },
  );
  let exact = 0;
  await assert(
    asyncProperty(settingsPrograms('stable'), environment, async (files, variables) => {
      const list = await listOf(files);
      if (!list.complete) return;
      const answer = await python.run({
        files,
        module: 'shop.production',
        name: 'MIDDLEWARE',
        environment: variables,
        conditions: list.elements.map(({ conditions }) => conditions),
      });
      if ('error' in answer) return;
      exact++;
      expect(strings(list, (index) => answer.holds[index] === true)).toEqual(answer.value);
    }),
    { numRuns: RUNS },
  );
  expect(exact).toBeGreaterThan(RUNS * 0.7);
});

test('an entry that is written at the first place comes out where it is said to', async () => {
  let effective = 0;
  await assert(
    asyncProperty(settingsPrograms('sizeless'), async (files) => {
      const before = await python.run({ files, module: 'shop.production', name: 'MIDDLEWARE' });
      if ('error' in before) return;
      const list = await listOf(files);
      const place = list.firstPlace;
      if (place === undefined) return;
      const { file, start } = place.literal;
      const text = files[file] ?? '';
      const edited = {
        ...files,
        [file]: `${text.slice(0, start + 1)}'ours'${place.firstElement === undefined ? '' : ', '}${text.slice(start + 1)}`,
      };
      const answer = await python.run({ files: edited, module: 'shop.production', name: 'MIDDLEWARE' });
      if ('error' in answer) return;
      if (place.effective) effective++;
      const found = answer.value.indexOf('ours');
      // numbers that count from the front mean something else then, which is said; and where something is open, it is open
      const shifts = list.notes.some(({ code }) => code === 'index-shift');
      const open = shifts || (!place.effective && !list.complete);
      expect(open ? 0 : found).toBeGreaterThanOrEqual(0);
      expect(place.effective && !shifts ? found : 0).toBe(0);
      // and a second look finds it there
      const again = await listOf(edited);
      const seen = strings(again, (index) => again.elements[index]?.byDefault === true);
      expect(isExact(again) ? seen : answer.value).toEqual(answer.value);
    }),
    { numRuns: RUNS },
  );
  expect(effective).toBeGreaterThan(RUNS * 0.2);
});
