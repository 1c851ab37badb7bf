import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  deployedFolders,
  environmentFiles,
  lastValue,
  userOf,
} from '../../src/crashtest/supervisors/unit-facts.ts';
import type { Service } from '../../src/project/project.ts';
import { readProject } from '../../src/project/read-project.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What the project's reader says of a unit with these lines in [Service]. */
async function service(...lines: string[]): Promise<Service> {
  const root = mkdtempSync(join(tmpdir(), 'verify-unit-'));
  folders.push(root);
  mkdirSync(join(root, 'deploy'));
  writeFileSync(join(root, 'deploy/shop.service'), `[Service]\n${lines.join('\n')}\n`);
  const [found] = (await readProject(root)).services;
  if (found === undefined) throw new Error('no service was found');
  return found;
}

const START = 'ExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi';

test('the tree is where the working directory is', async () => {
  const unit = await service('WorkingDirectory=/srv/shop/', START);
  expect(deployedFolders(unit, '')).toEqual({ tree: '/srv/shop', environment: '/srv/shop/venv' });
});

test('the import root is a folder of the tree', async () => {
  const unit = await service('WorkingDirectory=/srv/shop/src', START);
  expect(deployedFolders(unit, 'src').tree).toBe('/srv/shop');
});

test('a working directory in the state directory is not the tree', async () => {
  const unit = await service('WorkingDirectory=/var/lib/shop', 'Environment=PYTHONPATH=/opt/shop', START);
  expect(deployedFolders(unit, '').tree).toBe('/opt/shop');
});

test('without either, the tree is where its virtual environment is', async () => {
  expect(deployedFolders(await service(START), '').tree).toBe('/srv/shop');
  const ofTheSystem = await service('ExecStart=/usr/bin/gunicorn shop.wsgi');
  expect(deployedFolders(ofTheSystem, '')).toEqual({ tree: '/srv/application', environment: undefined });
});

test('keys in force', async () => {
  const unit = await service(
    'User=a',
    'User=shop',
    'EnvironmentFile=/etc/a',
    'EnvironmentFile=-/etc/b',
    'EnvironmentFile=/etc/%i',
    START,
  );
  expect(lastValue(unit, 'User')).toBe('shop');
  expect(userOf(unit)).toBe('shop');
  expect(environmentFiles(unit)).toEqual(['/etc/a']);
  expect(userOf(await service('User=shop', 'DynamicUser=yes', START))).toBeUndefined();
  expect(userOf(await service('User=root', START))).toBeUndefined();
});
