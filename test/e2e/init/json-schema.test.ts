import { Ajv } from 'ajv';
import { readFileSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { ANY_PAIR, startProject } from './django-project.ts';

function errors(schema: string, document: string): unknown {
  const text = readFileSync(new URL('../../../dist/schemas.json', import.meta.url), 'utf8');
  const validate = new Ajv({ strict: true, allErrors: true }).compile(
    (JSON.parse(text) as Record<string, object>)[schema] ?? {},
  );
  validate(JSON.parse(document));
  return validate.errors;
}

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
      expect(errors('init', stdout), command).toBeNull();
      expect(JSON.parse(stdout), command).toMatchObject({ applied });
    }
    const { stdout } = await pycrash(['unit', 'systemd', '--json']);
    expect(errors('unit', stdout)).toBeNull();
  } finally {
    rmSync(root, { recursive: true });
  }
});
