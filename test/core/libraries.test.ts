import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLocalFile } from '../../src/core/local-files.ts';
import { repr } from '../../src/core/python/value.ts';
import { readCore, type ReadCoreOptions, type UnredactedReport } from '../../src/core/read-core.ts';
import { makeCore, type MadeCore } from '../e2e/cores/make-core.ts';
import type { PythonBuild } from '../e2e/cores/python-builds.ts';
import { needs } from '../parts.ts';
import { pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import { differences } from './compare-with-oracle.ts';

const made: MadeCore[] = [];
const empty = mkdtempSync(join(tmpdir(), 'pycrash-empty-'));
afterAll(() => {
  for (const core of made) core.remove();
  rmSync(empty, { recursive: true, force: true });
});

/** A new Python with the newest versions, and an old one with what was used in its time. */
const SETS: readonly [PythonVersion, readonly string[]][] = [
  [
    '3.8',
    [
      'numpy<2',
      'pandas<2.1',
      'attrs',
      'pydantic<2',
      'requests',
      'sqlalchemy<2',
      'django<4',
      'djangorestframework',
    ],
  ],
  [
    '3.12',
    [
      'numpy<2',
      'pandas<3',
      'attrs',
      'pydantic',
      'requests',
      'sqlalchemy<2.1',
      'django<6',
      'djangorestframework',
    ],
  ],
  [
    '3.13',
    [
      'numpy',
      'pandas',
      'attrs',
      'pydantic',
      'requests',
      'sqlalchemy',
      'django',
      'djangorestframework',
      'grpcio',
      'aiohttp',
      'jsonschema',
    ],
  ],
];

async function read(
  version: PythonVersion,
  requirements: readonly string[],
  scenario: string,
  options: Partial<ReadCoreOptions> = {},
): Promise<{ core: MadeCore; report: UnredactedReport; locals: Record<string, string> }> {
  const { interpreter, folder } = pythonEnvironment(version, requirements);
  const build: PythonBuild = {
    id: version,
    version,
    program: `${folder}/bin/python`,
    interpreter,
    environment: {},
  };
  const core = await makeCore(build, scenario, { program: 'libraries.py' });
  made.push(core);
  const source = openLocalFile(core.path);
  if (source === undefined) throw new Error(`${core.path} cannot be opened`);
  try {
    const report = await readCore(source, { path: core.path, ...options });
    const locals = report.exceptions[0]?.chain[0]?.frames.at(-1)?.locals ?? {};
    const texts = Object.entries(locals).map(([name, value]) => [name, repr(value)] as const);
    return { core, report, locals: Object.fromEntries(texts) };
  } finally {
    source.close();
  }
}

// pip installs them once
beforeAll(
  () => SETS.forEach(([version, requirements]) => pythonEnvironment(version, requirements)),
  1_200_000,
);

describe.each(SETS)('Python %s', (version, requirements) => {
  test.each([
    ['with its files', {}],
    ['without any file', { sysroot: empty }],
  ])('NumPy %s', async (_, options) => {
    const { locals, report } = await read(version, requirements, 'arrays', { ...options, native: true });
    const late = version === '3.13';
    // auditwheel has moved its build ID behind the first page, which is all that a core has of a file
    const library = report.ground?.files.find(({ path }) => path.includes('/_multiarray_umath.'));
    expect(library?.here).toBe(!('sysroot' in options));
    expect(locals).toMatchObject({
      numbers: '<numpy.ndarray shape=(2, 3), dtype=int64, [[0, 1, 2], [3, 4, 5]]>',
      turned: '<numpy.ndarray shape=(3, 2), dtype=int64, [[0, 3], [1, 4], [2, 5]]>',
      floats: '<numpy.ndarray shape=(3,), dtype=float32, [1.5, nan, 0.1]>',
      many: expect.stringMatching(
        /^<numpy\.ndarray shape=\(100000,\), dtype=int64, \[0, 1, .* 99, … 99900 more\]>$/,
      ),
      empty: '<numpy.ndarray shape=(0, 3), dtype=float64, []>',
      texts: "<numpy.ndarray shape=(2,), dtype='<U3', ['a', 'bcd']>",
      objects: "<numpy.ndarray shape=(3,), dtype=object, [1, 'a', None]>",
      days: "<numpy.ndarray shape=(2,), dtype='datetime64[D]', ['2020-01-01', 'NaT']>",
      moments: "<numpy.ndarray shape=(1,), dtype='datetime64[ms]', ['1969-12-31T23:59:59.500']>",
      flags: '<numpy.ndarray shape=(2,), dtype=bool, [True, False]>',
      halves: '<numpy.ndarray shape=(2,), dtype=float16, [1.0, -2.0]>',
      swapped: "<numpy.ndarray shape=(2,), dtype='>i4', [1, 258]>",
      records: "<numpy.ndarray shape=(1,), dtype=[('x', 'int32'), ('y', 'float64')], [(x=1, y=2.0)]>",
      scalar: late ? 'np.float64(1.5)' : '1.5',
      small: late ? 'np.int8(-3)' : '-3',
      kind: "dtype('float64')",
      masked: expect.stringMatching(
        /<numpy\.ma\S*MaskedArray shape=\(2, 2\), dtype=int64, \[\[1, --\], \[3, 4\]\]>/,
      ),
      unmasked: expect.stringMatching(/MaskedArray shape=\(2,\), dtype=int64, \[1, 2\]>/),
      masked_records: expect.not.stringContaining('999'),
      tenths: `<numpy.ndarray shape=(5,), dtype=float16, [0.1, 6e-08, 0.3333, ${late ? '-6.55e+04' : '-65500.0'}, 0.5]>`,
    });
  });

  test.each(['scalars', 'spans'])('%s in messages are what str() and repr() say', async (scenario) => {
    const { core, report } = await read(version, requirements, scenario);
    expect(differences(report, core.oracle)).toEqual([]);
    const chain = report.exceptions[0]?.chain ?? [];
    expect(chain.length).toBeGreaterThan(3);
    expect(chain.filter((each) => each.ownStr !== undefined)).toEqual([]);
  });

  test('what is not read of NumPy and pandas is marked', async () => {
    const { report } = await read(version, requirements, 'unread');
    const chain = report.exceptions[0]?.chain ?? [];
    expect(chain.map(({ ownStr }) => ownStr)).toEqual([
      'numpy.ndarray.__str__',
      expect.stringMatching(/^numpy\.(longdouble|float128)\.__str__$/),
      'numpy.void.__str__',
      expect.stringMatching(/^pandas\..*Series\.__repr__$/),
      expect.stringMatching(/Timestamp\.__str__$/),
    ]);
  });

  test('pandas', async () => {
    const { locals } = await read(version, requirements, 'frames');
    expect(locals).toMatchObject({
      frame: expect.stringMatching(
        /^<pandas\.\S+ shape=\(2, 3\), index=RangeIndex\(start=0, stop=2, step=1\), 'a': int64\[1, 2\], 'password': .*\['x', 'y'\]>?, 'b': float64\[0\.5, nan\]>$/,
      ),
      series: expect.stringMatching(
        /^<pandas\.\S+ name='q', index=RangeIndex\(.*\), <numpy\.ndarray shape=\(2,\), dtype=float64, \[1\.5, 2\.5\]>>$/,
      ),
      classes: expect.stringMatching(/dtype=int8, \[0, 1, 0\]>, categories=.*\['a', 'b'\]/),
      index: expect.stringMatching(/^<pandas\.\S+ <numpy\.ndarray shape=\(2,\), dtype=int64, \[3, 1\]>>$/),
      nothing: 'NaT',
      moment: "Timestamp('2020-01-02 03:04:05.123456789')",
      span: "Timedelta('1 days 00:00:00.000000005')",
      missing: '<NA>',
      integers: expect.stringMatching(
        /IntegerArray <numpy\.ndarray shape=\(2,\), dtype=int64, \[1, <NA>\]>>>$/,
      ),
      booleans: expect.stringMatching(
        /BooleanArray <numpy\.ndarray shape=\(2,\), dtype=bool, \[True, <NA>\]>>>$/,
      ),
      nullable: expect.stringMatching(
        / shape=\(2, 2\), .*'n': <\S+IntegerArray int64\[1, <NA>\]>, 's': <\S+SparseArray .*>$/,
      ),
      levels: expect.stringMatching(/MultiIndex length=2, names=.*\['n', None\]>?, …>$/),
      no_rows: expect.stringMatching(/ shape=\(0, 0\), /),
      dates: expect.stringMatching(/'when': <.*\['2020-01-01T00:00:00(\.0+)?', 'NaT'\]>>$/),
    });
  });

  test('attrs and pydantic', async () => {
    const { locals, core, report } = await read(version, requirements, 'models');
    expect(differences(report, core.oracle, (path) => /\.(extra|invalid)$/.test(path))).toEqual([]);
    expect(locals).toMatchObject({
      item: 'Item(price=1)',
      outer: "Outer(inner=Inner(number=1), note='none')",
      own: '<__main__.models.<locals>.OwnRepr OwnRepr(number=2)>',
      ...(version === '3.8' ? {} : { extra: "<Extra(number=1, more='MORE'), _private=3>" }),
    });
  });

  test('messages of requests, SQLAlchemy, Django and REST framework, and their attributes', async () => {
    const { report, core } = await read(version, requirements, 'errors');
    expect(differences(report, core.oracle)).toEqual([]);
    const chain = report.exceptions[0]?.chain ?? [];
    expect(chain.filter((each) => each.ownStr !== undefined)).toEqual([]);
    const attributes = chain[0]?.attributes ?? {};
    expect(repr(attributes['response'] ?? { type: '' })).toBe(
      "<requests.models.Response [404] url='http://shop.test/items', reason='Not Found'>",
    );
    const failed = chain.find(
      (each) => each.type === 'OperationalError' && each.module.startsWith('sqlalchemy'),
    );
    expect(repr(failed?.attributes?.['statement'] ?? { type: '' })).toBe(
      "'select column_x from there_is_none'",
    );
  });
});

test('messages of grpc, aiohttp and jsonschema', async (context) => {
  needs(context, 'plain core pattern');
  const { report, core } = await read('3.13', SETS[2]?.[1] ?? [], 'clients');
  expect(differences(report, core.oracle)).toEqual([]);
});
