import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pycrash } from './pycrash.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'pycrash-several-'));
const tree = join(scratch, 'tree');
const UNIT = 'deploy/django-shop.service';

/** Two Django projects with packages of the same name, a Flask and a FastAPI application. */
beforeAll(() => {
  for (const [folder, example] of Object.entries({
    'blog-service': 'django-shop',
    'shop-service': 'django-shop',
    api: 'fastapi-shop',
    'tools/admin': 'flask-shop',
  })) {
    cpSync(join(EXAMPLES, example), join(tree, folder), { recursive: true });
  }
});

afterAll(() => rmSync(scratch, { recursive: true }));

function copy(): string {
  const folder = mkdtempSync(join(scratch, 'copy-'));
  cpSync(tree, folder, { recursive: true });
  return folder;
}

async function findings(folder: string): Promise<string[]> {
  const { stdout } = await pycrash(['check', folder, '--json']);
  const document = JSON.parse(stdout) as { findings: { rule: string; level: string; file: string }[] };
  return document.findings.map(({ rule, level, file }) => `${rule} ${level} ${file}`);
}

describe('several projects in one tree', () => {
  test('check names each of them, and each of their units', async () => {
    expect(await findings(tree)).toEqual([
      'PYC001 error api/shop/main.py',
      `PYC016 unknown blog-service/${UNIT}`,
      `PYC010 error blog-service/${UNIT}`,
      `PYC015 error blog-service/${UNIT}`,
      'PYC001 error blog-service/shop/settings/base.py',
      `PYC016 unknown shop-service/${UNIT}`,
      `PYC010 error shop-service/${UNIT}`,
      `PYC015 error shop-service/${UNIT}`,
      'PYC001 error shop-service/shop/settings/base.py',
      'PYC001 error tools/admin/shop/__init__.py',
    ]);
  });

  test('init names each of them, and writes nothing', async () => {
    const outcome = await pycrash(['init', tree, '--yes']);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
    const lines = outcome.stderr.split('\n');
    expect(lines[0]).toMatch(/there are 4 applications in /);
    expect(
      lines
        .slice(2)
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .sort(),
    ).toEqual([
      'api   (fastapi: api/shop/main.py)',
      'blog-service   (django: shop.settings.production)',
      'shop-service   (django: shop.settings.production)',
      'tools/admin   (flask: tools/admin/shop/__init__.py)',
    ]);
  });

  test('init in one of them leaves the others as they are, and check goes on naming those', async () => {
    const folder = copy();
    expect(await pycrash(['init', join(folder, 'shop-service'), '--yes'])).toMatchObject({ exitCode: 0 });
    expect(await pycrash(['init', join(folder, 'tools/admin'), '--yes'])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(folder, 'blog-service/shop/wsgi.py'), 'utf8')).not.toContain('wrap_wsgi');
    expect(await findings(folder)).toEqual([
      'PYC001 error api/shop/main.py',
      `PYC016 unknown blog-service/${UNIT}`,
      `PYC010 error blog-service/${UNIT}`,
      // not `info`: it is the other project's module that lifts the limit, and only in its own processes
      `PYC015 error blog-service/${UNIT}`,
      'PYC001 error blog-service/shop/settings/base.py',
    ]);
  });

  test('a folder of a Django project that nothing starts and that names no packages is none', async () => {
    const folder = copy();
    rmSync(join(folder, 'tools/admin/requirements.txt'));
    expect(await findings(folder)).not.toContain('PYC001 error tools/admin/shop/__init__.py');
    writeFileSync(join(folder, 'Procfile'), 'web: gunicorn --chdir tools/admin "shop:create_app()"\n');
    expect(await findings(folder)).toContain('PYC001 error tools/admin/shop/__init__.py');
  });
});
