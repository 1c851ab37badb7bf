import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { pycrash } from './pycrash.ts';

const bins = ['pycrash', 'pycrash-init'] as const;

test.each(bins)('%s --version prints the version of the package', async (bin) => {
  expect(await pycrash(['--version'], { bin })).toEqual({
    exitCode: 0,
    stdout: `${manifest.version}\n`,
    stderr: '',
  });
});

test.each(bins)('%s --help lists the commands', async (bin) => {
  const { exitCode, stdout } = await pycrash(['--help'], { bin });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('set up crash handling in a repository');
  expect(stdout).toContain('Exit codes: 0 good');
});

test('help COMMAND is the help of that command', async () => {
  const byHelp = await pycrash(['help', 'init']);
  expect(byHelp.exitCode).toBe(0);
  expect(byHelp.stdout).toContain('Usage: pycrash init');
  expect(await pycrash(['init', '--help'])).toEqual(byHelp);
});

test('an unknown command is wrong usage', async () => {
  const outcome = await pycrash(['frobnicate']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.stderr).toContain("unknown command 'frobnicate'");
});

test('an unknown option is wrong usage', async () => {
  const outcome = await pycrash(['init', '--frobnicate']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.stderr).toContain("unknown option '--frobnicate'");
});

test('a required step that verify does not have is wrong usage', async () => {
  const outcome = await pycrash(['verify', '--require', 'gdb,main-proces']);
  expect(outcome.exitCode).toBe(2);
  expect(outcome.stderr).toContain('--require main-proces: there are all, start,');
});
