import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pycrash } from './pycrash.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

test.each(['pycrash', 'pycrash-init'] as const)(
  '%s --version prints the version of the package',
  async (bin) => {
    expect(await pycrash(['--version'], { bin })).toEqual({
      exitCode: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  },
);

test('an unknown command is wrong usage', async () => {
  const outcome = await pycrash(['frobnicate']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.stderr).toContain("unknown command 'frobnicate'");
});
