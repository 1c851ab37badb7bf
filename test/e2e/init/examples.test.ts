import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { commitAll, snapshot } from './django-project.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

test.each([
  ['django-shop', 0],
  // DEBUG = True, as startproject writes it
  ['django-minimal', 1],
  ['flask-shop', 0],
  ['fastapi-shop', 0],
  ['falcon-shop', 0],
  ['bottle-shop', 0],
])(
  '%s: init, a check that finds nothing of ours, upgrade with nothing to do, remove',
  async (name, warnings) => {
    const root = mkdtempSync(join(tmpdir(), 'init-example-'));
    try {
      cpSync(EXAMPLES + name, root, { recursive: true });
      commitAll(root);
      const before = snapshot(root);
      expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
      const checked = await pycrash(['check', '--json'], { cwd: root });
      const { summary, findings } = JSON.parse(checked.stdout) as {
        summary: Record<string, number>;
        findings: { rule: string }[];
      };
      expect(summary).toMatchObject({ error: 0, warning: warnings });
      expect(findings.map(({ rule }) => rule).filter((rule) => rule !== 'PYC006')).toEqual([]);
      expect(await pycrash(['upgrade', '--yes'], { cwd: root })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'Everything is up to date.\n',
      });
      expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
      expect(snapshot(root)).toEqual(before);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);
