import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schemaErrors } from '../../schema-errors.ts';
import { pycrash } from '../pycrash.ts';
import { ANY_PAIR, startProject } from './django-project.ts';

test('what init, remove and unit print with --json is what their schemas say', async () => {
  const root = startProject(ANY_PAIR);
  try {
    for (const [command, applied] of [
      ['init --dry-run', false],
      ['init --yes', true],
      ['init --yes', false],
      ['upgrade --yes', false],
      ['remove --yes', true],
    ] as const) {
      const { stdout } = await pycrash([...command.split(' '), '--json'], { cwd: root });
      expect(schemaErrors('init', JSON.parse(stdout)), command).toBeNull();
      expect(JSON.parse(stdout), command).toMatchObject({ applied });
    }
    const { stdout } = await pycrash(['unit', 'systemd', '--json']);
    expect(schemaErrors('unit', JSON.parse(stdout))).toBeNull();
  } finally {
    rmSync(root, { recursive: true });
  }
});
