import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { Example } from './verify/example.ts';

let minimal: Example;

/** A project that wants PostgreSQL, and looks into its tables before the first request. */
beforeAll(async () => {
  minimal = await Example.initialised('django-minimal', '3.11', undefined, ['psycopg[binary]']);
  writeFileSync(
    join(minimal.root, 'mysite/accounts.py'),
    [
      'from django.contrib.auth import get_user_model',
      '',
      '',
      'def count_users(get_response):',
      '    get_user_model().objects.count()',
      '    return get_response',
      '',
    ].join('\n'),
  );
  appendFileSync(
    join(minimal.root, 'mysite/settings.py'),
    [
      '',
      'MIDDLEWARE += ["mysite.accounts.count_users"]',
      'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x",',
      '                         "HOST": "127.0.0.1", "PORT": "1"}}',
      '',
    ].join('\n'),
  );
});

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

afterAll(() => minimal.remove());

const UNDER_DEBUG = ['--env', 'PYCRASH_UNDER_DEBUG=1', '--timeout', '20'];

test('a database that does not answer is named, and SQLite is offered', async () => {
  const { outcome, detail } = await minimal.verify(UNDER_DEBUG);
  expect(outcome.exitCode).toBe(3);
  expect(detail('start')).toMatch(/no database answers at 127\.0\.0\.1:1: .*--sqlite/);
});

test('--sqlite without tables: --migrate is what is missing', async () => {
  const { outcome, detail } = await minimal.verify(['--sqlite', ...UNDER_DEBUG]);
  expect(outcome.exitCode).toBe(3);
  expect(detail('start')).toContain('the database has no table auth_user: verify with --migrate');
});

test('--sqlite --migrate: every step holds, and the repository is as it was', async () => {
  const before = minimal.changes();
  const { outcome, steps } = await minimal.verify(['--sqlite', '--migrate', ...UNDER_DEBUG]);
  expect(steps, outcome.stderr).toMatchObject({ start: true, abort: true, recovery: true, 'clean-up': true });
  expect(outcome.exitCode).toBe(0);
  expect(minimal.changes()).toBe(before);
});

test('migrations that cannot run say why', async () => {
  const { outcome, detail } = await minimal.verify(['--migrate', ...UNDER_DEBUG]);
  expect(outcome.exitCode).toBe(3);
  expect(detail('start')).toMatch(/^migrations: no database answers at 127\.0\.0\.1:1/);
});
