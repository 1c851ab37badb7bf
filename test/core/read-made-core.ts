import { afterAll } from 'vitest';
import { openLocalFile } from '../../src/core/local-files.ts';
import { readCore, type UnredactedReport } from '../../src/core/read-core.ts';
import { makeCore, type MadeCore } from '../e2e/cores/make-core.ts';
import type { PythonBuild } from '../e2e/cores/python-builds.ts';

/** A function that crashes `program` in a scenario and reads its core; the cores go when the file's tests are done. */
export function coresOf(
  program: string,
): (
  build: PythonBuild | undefined,
  scenario: string,
) => Promise<{ report: UnredactedReport; core: MadeCore }> {
  const cores: MadeCore[] = [];
  afterAll(() => cores.forEach((core) => core.remove()));
  return async (build, scenario) => {
    if (build === undefined) throw new Error('needs that Python');
    const core = await makeCore(build, scenario, { program });
    cores.push(core);
    const source = openLocalFile(core.path);
    if (source === undefined) throw new Error(`${core.path} cannot be opened`);
    try {
      const sysroot = build.sysroot === undefined ? {} : { sysroot: build.sysroot };
      return { core, report: await readCore(source, { path: core.path, ...sysroot }) };
    } finally {
      source.close();
    }
  };
}
