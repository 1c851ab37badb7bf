import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * What `npm run test:long` runs and a plain `npm test` does not: the virtual machine, tables of what units and servers
 * really do, every framework, server and supervisor under `verify`, and every Python.
 */
const LONG = [
  'test/machine/*.test.ts',
  'test/servers/*.test.ts',
  'test/core/types.test.ts',
  'test/e2e/*-reality.test.ts',
  'test/e2e/continuous-integration.test.ts',
  'test/e2e/live/{report-process,torn}.test.ts',
  'test/e2e/report-{compiled,free-threaded,matrix,whose}.test.ts',
  'test/e2e/verify-*.test.ts',
  'test/project/launchers-run.test.ts',
  'test/python-library/{behaviour,clients,robustness,style}.test.ts',
  'test/store/{faults,fleet,kill}.test.ts',
];

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: process.env['PYCRASH_TESTS'] === 'long' ? LONG : ['test/**/*.test.ts'],
    exclude: [
      'test/fixtures/**',
      'node_modules/**',
      ...(process.env['PYCRASH_TESTS'] === 'short' ? LONG : []),
    ],
    // Real servers start and crash in these tests, on small machines too.
    testTimeout: 120_000,
    hookTimeout: 600_000,
    setupFiles: [fileURLToPath(new URL('property-seed.ts', import.meta.url))],
    // vitest is often run by npx, whose users are told other commands (src/typed-command.ts)
    env: { npm_config_user_agent: '' },
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', fileURLToPath(new URL('run-summary.ts', import.meta.url))],
  },
});
