import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { LEAST, makeTree } from './django-project.ts';

const trees: string[] = [];
afterEach(() => trees.splice(0).forEach((tree) => rmSync(tree, { recursive: true, force: true })));

/** A Django project that a unit starts with this configuration of uWSGI. */
function project(configuration: string, start = 'uwsgi --ini uwsgi.ini'): string {
  const root = makeTree({
    ...LEAST,
    'uwsgi.ini': configuration,
    'shop.service': `[Service]\nWorkingDirectory=/srv/shop\nExecStart=/srv/shop/venv/bin/${start}\nUser=www-data\n`,
  });
  trees.push(root);
  return root;
}

const read = (root: string): string => readFileSync(join(root, 'uwsgi.ini'), 'utf8');

const OWN = `[uwsgi]
module = shop.wsgi:application
processes = 4
harakiri = 5

[others]
x = 1
`;

const MENDED = `[uwsgi]
module = shop.wsgi:application
processes = 4
; Without a master a worker that crashed is never replaced.
master = true
harakiri = 5
; A worker that writes its core is still in its request: harakiri kills it after 5 s.
harakiri = 30

[others]
x = 1
`;

test('a master and a longer harakiri, each below the line that asks for it; remove restores every byte', async () => {
  const root = project(OWN);
  const before = await pycrash(['check', '--json'], { cwd: root });
  expect(before.stdout).toContain('"PYC035"');
  expect(before.stdout).toContain('"PYC036"');
  expect((await pycrash(['init', '--yes'], { cwd: root })).exitCode).toBe(0);
  expect(read(root)).toBe(MENDED);
  const checked = await pycrash(['check', '--json'], { cwd: root });
  expect(checked.stdout).not.toContain('"PYC035"');
  expect(checked.stdout).not.toContain('"PYC036"');
  const again = await pycrash(['init', '--yes'], { cwd: root });
  expect(again.stdout + again.stderr).toContain('Nothing to do');
  await pycrash(['remove', '--yes'], { cwd: root });
  expect(read(root)).toBe(OWN);
});

test('line ends of Windows stay, and a last line without one', async () => {
  const own = OWN.slice(0, OWN.indexOf('\n\n[others]')).replaceAll('\n', '\r\n');
  const root = project(own);
  await pycrash(['init', '--yes'], { cwd: root });
  expect(read(root)).toBe(MENDED.slice(0, MENDED.indexOf('\n\n[others]')).replaceAll('\n', '\r\n'));
  await pycrash(['remove', '--yes'], { cwd: root });
  expect(read(root)).toBe(own);
});

test('a master that is turned off is turned on below that line', async () => {
  const root = project('[uwsgi]\nmodule = shop.wsgi\nmaster = false\nprocesses = 4\n');
  await pycrash(['init', '--yes'], { cwd: root });
  expect(read(root)).toMatch(/master = false\n; Without .*\nmaster = true\nprocesses = 4\n$/);
});

test('options on the command line are somebody else’s to change: said, with the place', async () => {
  const own = '[uwsgi]\nmodule = shop.wsgi\nmaster = true\n';
  const root = project(own, 'uwsgi --processes 4 --harakiri 5 --ini uwsgi.ini');
  const { stdout } = await pycrash(['init', '--yes', '--json'], { cwd: root });
  expect(read(root)).toBe(own);
  const { notes } = JSON.parse(stdout) as { notes: { code: string; message: string }[] };
  expect(notes.filter(({ code }) => code === 'uwsgi-option')).toEqual([
    expect.objectContaining({
      file: 'shop.service',
      line: 3,
      message: expect.stringContaining('Write harakiri = 30') as unknown,
    }),
  ]);
});
