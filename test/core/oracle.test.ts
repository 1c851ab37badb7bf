import { afterAll, describe, expect, test } from 'vitest';
import { openLocalFile } from '../../src/core/local-files.ts';
import { readCore, type UnredactedReport } from '../../src/core/read-core.ts';
import { makeCore, type MadeCore } from '../e2e/cores/make-core.ts';
import { pythonBuilds, type PythonBuild } from '../e2e/cores/python-builds.ts';
import { differences } from './compare-with-oracle.ts';

const made: MadeCore[] = [];
afterAll(() => made.forEach((core) => core.remove()));

const all = pythonBuilds();
const SCENARIOS = (process.env['SCENARIOS'] ?? 'except').split(',');
const BUILDS = process.env['BUILDS']?.split(',');

async function read(build: PythonBuild, core: MadeCore): Promise<UnredactedReport> {
  const source = openLocalFile(core.path);
  if (source === undefined) throw new Error('no core');
  try {
    const options = build.sysroot === undefined ? {} : { sysroot: build.sysroot };
    return await readCore(source, { path: core.path, ...options });
  } finally {
    source.close();
  }
}

describe.each(all.filter((build) => BUILDS === undefined || BUILDS.includes(build.id)))('$id', (build) => {
  test.each(SCENARIOS)('%s: what the process said about itself is what the core says', async (scenario) => {
    const core = await makeCore(build, scenario);
    made.push(core);
    const report = await read(build, core);
    expect(differences(report, core.oracle, () => false)).toEqual([]);
  });
});
