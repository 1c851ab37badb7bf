import { describe, expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { needs } from '../parts.ts';
import { PYTHON_VERSIONS } from '../python-environment.ts';
import { disagreements } from './cores/agreement.ts';
import { makeDjangoCore } from './cores/django.ts';
import { makeCore, type MadeCore } from './cores/make-core.ts';
import { pythonBuilds, type PythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

const SCENARIOS = [
  'except',
  'callee',
  'excepthook',
  'threading',
  'threads',
  'asyncio',
  'generators',
  'handled',
  'django',
  'group',
] as const;
type Scenario = (typeof SCENARIOS)[number];

// What leads to the exception, where it is always the same.
const FOUND_VIA: Partial<Record<Scenario, RegExp>> = {
  except: /exc_info/,
  callee: /exc_info/,
  excepthook: /"value" of hook/,
  handled: /"error" of late/,
  django: /"exception" of abort_with_core/,
};

const builds = pythonBuilds();

test('every version of Python is here', (context) => {
  needs(context, 'linux');
  expect(new Set(builds.map((build) => build.version))).toEqual(new Set(PYTHON_VERSIONS));
});

describe.each(builds.map((build) => [build.id, build] as const))('Python %s', (_, build) => {
  test.each(SCENARIOS)('%s: the report says what the process said', async (scenario) =>
    agree(build, scenario),
  );
});

async function agree(build: PythonBuild, scenario: Scenario): Promise<void> {
  // exception groups and notes are of 3.11 (PEP 654, PEP 678)
  if (scenario === 'group' && ['3.8', '3.9', '3.10'].includes(build.version)) return;
  const core = await (scenario === 'django' ? makeDjangoCore(build) : makeCore(build, scenario));
  try {
    const report = await reportOf(core, build);
    expect(disagreements(report, core.oracle)).toEqual([]);
    expect(report.exceptions[0]?.foundVia).toMatch(FOUND_VIA[scenario] ?? /./);
    expect(report.process.signal.name).toBe('SIGABRT');
    expect(report.core.truncated).toBe(false);
  } finally {
    core.remove();
  }
}

async function reportOf(core: MadeCore, build: PythonBuild): Promise<CrashReport> {
  const root = build.sysroot === undefined ? [] : ['--sysroot', build.sysroot];
  const outcome = await pycrash(['report', core.path, '--json', '--show-secrets', ...root]);
  expect(outcome.stderr).toBe('');
  expect(outcome.exitCode).toBe(0);
  return JSON.parse(outcome.stdout) as CrashReport;
}
