import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { removeFolder, renderedModule } from '../python-library/rendered-module.ts';
import { schemaErrors } from '../schema-errors.ts';
import { makeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

const SCENARIOS = ['request', 'cause', 'context', 'suppressed', 'library', 'generator'];

test.each([
  ['3.11 debian', 'django==5.2.*', [...SCENARIOS, 'group']],
  ['3.12 stripped', 'django==6.0.*', [...SCENARIOS, 'group']],
  ['3.8', 'django==4.2.*', SCENARIOS],
] as const)(
  'Python %s: the module logs the fingerprint that the report has',
  async (id, django, scenarios) => {
    const build = pythonBuild(id);
    if (build === undefined) throw new Error(`needs Python ${id}`);
    const { folder } = pythonEnvironment(build.version, [django]);
    const module = renderedModule();
    const found: string[] = [];
    try {
      for (const scenario of scenarios) {
        const core = await makeCore(build, scenario, {
          program: 'fingerprints.py',
          environment: {
            PYTHONPATH: `${module}:${folder}/lib/python${build.version}/site-packages`,
            PYCRASH_LOG_FILE: 'crash.log',
            PYCRASH_BUDGET_DIRECTORY: '.',
          },
        });
        const [line = ''] = readFileSync(join(core.folder, 'crash.log'), 'utf8').split('\n');
        const logged = JSON.parse(line) as { fingerprint: string; exception: string };
        const report = JSON.parse((await pycrash(['report', core.path, '--json'])).stdout) as CrashReport;
        core.remove();
        expect(logged.fingerprint, `${scenario}: ${logged.exception}`).toMatch(/^[0-9a-f]{16}$/);
        expect(report.fingerprint, scenario).toBe(logged.fingerprint);
        expect(schemaErrors('report', report), scenario).toBeNull();
        found.push(report.fingerprint);
      }
    } finally {
      removeFolder(module);
    }
    expect(new Set(found).size).toBe(scenarios.length);
  },
);
