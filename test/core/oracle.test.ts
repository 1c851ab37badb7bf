import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openLocalFile } from '../../src/core/local-files.ts';
import { readCore, type ReadCoreOptions, type UnredactedReport } from '../../src/core/read-core.ts';
import { makeDjangoCore } from '../e2e/cores/django.ts';
import { makeCore, type MadeCore } from '../e2e/cores/make-core.ts';
import { plainBuilds, pythonBuilds, type PythonBuild } from '../e2e/cores/python-builds.ts';
import { needs } from '../parts.ts';
import { differences } from './compare-with-oracle.ts';

const empty = mkdtempSync(join(tmpdir(), 'pycrash-empty-'));
afterAll(() => rmSync(empty, { recursive: true, force: true }));

const builds = pythonBuilds();
const SCENARIOS = [
  'callee',
  'excepthook',
  'threading',
  'threads',
  'asyncio',
  'generators',
  'handled',
  'group',
];

async function read(
  core: MadeCore,
  build: PythonBuild,
  options: Partial<ReadCoreOptions> = {},
): Promise<UnredactedReport> {
  const source = openLocalFile(core.path);
  if (source === undefined) throw new Error(`${core.path} cannot be opened`);
  try {
    const sysroot = build.sysroot === undefined ? {} : { sysroot: build.sysroot };
    return await readCore(source, { path: core.path, ...sysroot, ...options });
  } finally {
    source.close();
  }
}

test.each(builds)('$id: every object, line and name is what the process said', async (build) => {
  const core = await makeCore(build, 'except');
  try {
    const report = await read(core, build);
    expect(differences(report, core.oracle)).toEqual([]);
    expect(report.exceptions[0]?.foundVia).toBe('exc_info: it was being handled');
    expect(report.core.missing).toEqual([]);
    // a free-threaded one has no GIL to hold
    const holdsGil = build.id.endsWith('t') ? undefined : true;
    expect(report.threads[0]?.holdsGil).toBe(holdsGil);
  } finally {
    core.remove();
  }
});

describe.each(plainBuilds())('CPython $id', (build) => {
  test.each(SCENARIOS)('%s', async (scenario) => {
    // ExceptionGroup and add_note came with 3.11.
    if (scenario === 'group' && Number(build.version.slice(2)) < 11) return;
    const core = await makeCore(build, scenario);
    try {
      expect(differences(await read(core, build), core.oracle)).toEqual([]);
    } finally {
      core.remove();
    }
  });

  test('without any file of the interpreter', async () => {
    const core = await makeCore(build, 'except');
    try {
      const report = await read(core, build, { sysroot: empty });
      // The names of functions written in C and the type codes of arrays are in read-only pages.
      const skip = new Set([
        'raise_with_objects.builtin',
        'raise_with_objects.builtin_method',
        'raise_with_containers.numbers',
      ]);
      expect(differences(report, core.oracle, (path) => skip.has(path))).toEqual([]);
      expect(report.python.layoutSource).toMatch(/found by its (cookie|shape)$/);
    } finally {
      core.remove();
    }
  });
});

test("Django's request", async (context) => {
  needs(context, 'plain core pattern');
  const build = builds.find((each) => each.id === '3.12');
  if (build === undefined) return context.skip('needs Python 3.12');
  const core = await makeDjangoCore(build);
  try {
    const report = await read(core, build);
    const { method, path, query, view } = core.oracle.request ?? {};
    expect(report.request).toMatchObject({ framework: 'django', method, path, query, view });
    expect(report.request?.headers['Cookie']).toBe('sessionid=cookie-of-the-test');
    expect(report.exceptions[0]?.foundVia).toBe('local "exception" of abort_with_core');
    expect(report.exceptions[0]?.chain.map((each) => each.frames.length)).toEqual([3, 2, 32]);
    expect(differences(report, core.oracle)).toEqual([]);
  } finally {
    core.remove();
  }
});
