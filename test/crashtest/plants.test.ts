import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readPlants } from '../../src/crashtest/plants.ts';
import { CALLABLES } from '../../src/project/frameworks/callables.ts';
import { FRAMEWORKS } from '../../src/project/frameworks/index.ts';

test('every planting file is found, with its frameworks and the modules that it changes', () => {
  const plants = readPlants();
  const files = readdirSync(fileURLToPath(new URL('../../templates/verify', import.meta.url)));
  expect(plants.map(({ module }) => `${module}.py`).toSorted()).toEqual(
    files.filter((name) => name.startsWith('pycrash_plant_')).sort(),
  );
  expect(plants.find(({ module }) => module === 'pycrash_plant_flask')).toEqual({
    module: 'pycrash_plant_flask',
    frameworks: ['flask'],
    changes: ['flask.app'],
  });
  expect(plants.find(({ module }) => module === 'pycrash_plant_django')?.changes).toEqual([
    'django.conf',
    'django.urls.resolvers',
    'django.core.handlers.base',
  ]);
});

test('no module is changed by two files, and no framework is served by two', () => {
  const plants = readPlants();
  const [changes, frameworks] = [
    plants.flatMap((one) => one.changes),
    plants.flatMap((one) => one.frameworks),
  ];
  expect(new Set(changes).size).toBe(changes.length);
  expect(new Set(frameworks).size).toBe(frameworks.length);
});

test('every framework whose applications init finds can be crashed', () => {
  const plantable = readPlants().flatMap(({ frameworks }) => frameworks);
  expect(plantable.toSorted()).toEqual(
    [...new Set(['django', ...[...FRAMEWORKS, ...CALLABLES].map(({ name }) => name)])].sort(),
  );
});
