import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { whatWasMissing, type Started } from '../../src/crashtest/cannot-start.ts';
import type { Located, StaticValue } from '../../src/project/project.ts';

const DJANGO: Started = { framework: 'django', settings: [] };
const FLASK: Started = { framework: 'flask', settings: [] };

const ENVIRON = `  File "<frozen os>", line 679, in __getitem__
    raise KeyError(key) from None
KeyError: 'DJANGO_SECRET_KEY'`;

test.for([
  // without the source of os.py, as in a build that freezes it
  [
    ENVIRON.replace(/\n.*raise.*/, ''),
    'the settings want the environment variable DJANGO_SECRET_KEY: pass --env DJANGO_SECRET_KEY=',
  ],
  [ENVIRON, 'the settings want the environment variable DJANGO_SECRET_KEY: pass --env DJANGO_SECRET_KEY='],
  ['decouple.UndefinedValueError: API_KEY not found. Declare it', 'environment variable API_KEY'],
  ['ImproperlyConfigured: Set the DATABASE_URL environment variable', '--env DATABASE_URL='],
  ['environs.exceptions.EnvError: Environment variable "PORT" not set', '--env PORT='],
  ['ImproperlyConfigured: The SECRET_KEY setting must not be empty.', 'the setting SECRET_KEY is empty'],
  ["ModuleNotFoundError: No module named 'rest_framework'", 'Python has no module rest_framework'],
  [
    'OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
    'no database answers at localhost:5432',
  ],
  [
    'redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.',
    'nothing answers at localhost:6379',
  ],
  ['OperationalError: could not translate host name "db" to address: …', 'no host db here'],
  ["(2003, \"Can't connect to MySQL server on 'db:3306' (111)\")", 'no database answers at db:3306'],
  ['sqlite3.OperationalError: no such table: auth_user', 'no table auth_user: verify with --migrate'],
  ["[ERROR] Connection in use: ('127.0.0.1', 8000)", 'its address is taken'],
  ['[2026-11-23 14:47:54 +0000] [30177] [CRITICAL] WORKER TIMEOUT (pid:30206)', 'its own --timeout (30 s)'],
  ['SyntaxError: future feature annotations is not defined', 'Python 3.8 and newer'],
  ["Error: '/etc/shop/gunicorn.conf.py' doesn't exist", 'there is no /etc/shop/gunicorn.conf.py here'],
  ["FileNotFoundError: [Errno 2] No such file or directory: '/srv/x.log'", 'there is no /srv/x.log here'],
  ["ValueError: Missing staticfiles manifest entry for 'a.css'", 'run `manage.py collectstatic` first'],
  ['ImproperlyConfigured: WSGI application gone', 'the settings say: WSGI application gone.'],
] as const)('%s', ([log, said]) => {
  expect(whatWasMissing(log, DJANGO)).toContain(said);
});

test('the last one counts, and a dictionary of the application is no environment', () => {
  expect(whatWasMissing(`${ENVIRON}\nModuleNotFoundError: No module named 'x'`, DJANGO)).toContain(
    'no module x',
  );
  expect(whatWasMissing("  return prices['mug']\nKeyError: 'mug'", DJANGO)).toBeUndefined();
  expect(whatWasMissing('Booting worker', DJANGO)).toBeUndefined();
});

test('--sqlite and --migrate are offered to those only who can have them', () => {
  const logs = [
    'connection to server at "db" (10.0.0.1), port 5432 failed: x',
    'could not translate host name "db" to address',
    "Can't connect to MySQL server on 'db'",
    'Error loading psycopg2 module',
    'sqlite3.OperationalError: no such table: user',
  ];
  for (const log of logs) {
    expect(whatWasMissing(log, DJANGO)).toMatch(/--(sqlite|migrate)/);
    expect(whatWasMissing(log, FLASK)).toMatch(/^[^-]+(--(env|python)[^-]*)?$/);
  }
});

test('--migrate is not offered to who has run it', () => {
  const log = 'no such table: mysite_counter';
  expect(whatWasMissing(log, { ...DJANGO, migrated: true })).not.toContain('--migrate');
});

test('the variable that a setting is read from is named, and so are the settings there are', () => {
  const at = { file: 'shop/settings.py', line: 1, column: 1, endLine: 1, endColumn: 2, start: 0, end: 1 };
  const values = new Map<string, Located<StaticValue>>([
    ['SECRET_KEY', { value: { kind: 'environment', name: 'SHOP_KEY' }, at }],
  ]);
  const settings = ['shop.settings', 'shop.live'].map((module) => ({
    module,
    file: 'shop/settings.py',
    role: 'unknown' as const,
    namedBy: [],
    values,
    notes: [],
  }));
  const project: Started = { framework: 'django', settings };
  expect(whatWasMissing('ImproperlyConfigured: The SECRET_KEY setting must not be empty', project)).toContain(
    'pass --env SHOP_KEY=…, or',
  );
  expect(
    whatWasMissing('ImproperlyConfigured: Requested setting X, but settings are not configured', project),
  ).toMatch(/name them with --settings shop\.settings or --settings shop\.live$/);
});

test('any log is read', () => {
  fc.assert(
    fc.property(fc.string(), (log) => ['string', 'undefined'].includes(typeof whatWasMissing(log, DJANGO))),
  );
});
