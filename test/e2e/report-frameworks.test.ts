import { expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { schemaErrors } from '../schema-errors.ts';
import { makeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

const UVICORN = ['fastapi==0.*', 'uvicorn==0.*'];

test.each([
  ['flask', '3.11 debian', ['flask==3.*'], 'flask'],
  ['flask', '3.8', ['flask==2.*'], 'flask'],
  ['fastapi', '3.12 stripped', UVICORN, 'starlette'],
  ['starlette', '3.12 stripped', UVICORN, 'starlette'],
  ['asgi', '3.12 stripped', UVICORN, 'asgi'],
] as const)(
  'a request to %s under Python %s is the request section',
  async (scenario, id, requirements, framework) => {
    const build = pythonBuild(id);
    if (build === undefined) throw new Error(`needs Python ${id}`);
    const { folder } = pythonEnvironment(build.version, requirements);
    const core = await makeCore(build, scenario, {
      program: 'web_frameworks.py',
      environment: { PYTHONPATH: `${folder}/lib/python${build.version}/site-packages` },
    });
    try {
      const outcome = await pycrash(['report', core.path, '--json']);
      const report = JSON.parse(outcome.stdout) as CrashReport;
      expect(schemaErrors('report', report)).toBeNull();
      const { view, ...truth } = core.oracle.request ?? {};
      expect(report.request).toMatchObject({
        ...truth,
        framework,
        query: 'page=2&token=[redacted]',
        ...(view === null ? {} : { view }),
      });
      const headers = Object.entries(report.request?.headers ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]);
      expect(Object.fromEntries(headers)).toMatchObject({
        host: 'shop.example',
        authorization: '[redacted]',
        cookie: '[redacted]',
        'x-request-id': 'request-1',
      });
      expect(report.exceptions[0]?.chain[0]?.message).toBe(
        'order [number] failed, key [redacted]'.replace('[number]', scenario === 'asgi' ? '/order/7/' : '7'),
      );
      for (const secret of [
        'token-of-the-test',
        'cookie-of-the-test',
        'query-of-the-test',
        'key-of-the-test-1',
      ])
        expect(outcome.stdout).not.toContain(secret);
      const shown = await pycrash(['report', core.path, '--json', '--show-secrets']);
      expect((JSON.parse(shown.stdout) as CrashReport).request?.query).toBe(truth['query']);
    } finally {
      core.remove();
    }
  },
);
