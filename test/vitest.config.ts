import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['test/**/*.test.ts'],
    exclude: ['test/fixtures/**', 'node_modules/**'],
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
