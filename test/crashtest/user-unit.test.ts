import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { withPaths } from '../../src/crashtest/deployed-paths.ts';
import { userUnit, type Translation } from '../../src/crashtest/supervisors/user-unit.ts';

const TRANSLATION: Translation = {
  name: 'shop.service',
  paths: new Map([
    ['/srv/shop', '/tmp/run/tree'],
    ['/srv/shop/venv', '/tmp/venv'],
    ['/run/shop', '/run/user/7/of-the-test'],
  ]),
  runtimeDirectory: (name) => `of-the-test-${name}`,
  moved: (command) => command.replace('--bind :80', '--bind 127.0.0.1:8'),
  readable: (path) => path === '/tmp/run/tree/.env',
  service: ['StandardOutput=append:/tmp/run/log'],
};

const AT = { file: 'shop.service', line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 };

function entries(text: string) {
  let section = '';
  return text.split('\n').flatMap((line) => {
    const [, name] = /^\[(.*)\]$/.exec(line) ?? [];
    if (name !== undefined) section = name;
    const [, key, value = ''] = /^([^=[]+)=(.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [{ section, key, keyAt: AT, value, at: AT }];
  });
}

test('what a user cannot have is left out and named, other units are never touched, paths are those of the copy', () => {
  const unit = entries(`[Unit]
Description=Shop
Requires=postgresql.service
OnFailure=alert@%n.service
StartLimitIntervalSec=0
StartLimitAction=reboot
[Service]
User=www-data
ProtectSystem=strict
RuntimeDirectory=shop
WorkingDirectory=/srv/shop
EnvironmentFile=/srv/shop/.env
EnvironmentFile=-/etc/shop.env
Environment=PYTHONPATH=/srv/shop:/srv/shopping OWN=%n
ExecStartPre=/srv/shop/venv/bin/python manage.py check
ExecStartPre=+/bin/chown www-data /srv/shop
ExecStartPre=/bin/rm -rf /var/cache/nginx
ExecStart=
ExecStart=+/srv/shop/venv/bin/gunicorn --bind :80 --pid %t/shop/pid shop
ExecStopPost=-/srv/shop/bin/after
LimitCORE=infinity
Restart=on-failure
Slice=web.slice
[Install]
WantedBy=multi-user.target`);
  expect(userUnit(unit, TRANSLATION)).toEqual({
    text: `[Unit]
StartLimitIntervalSec=0

[Service]
RuntimeDirectory=of-the-test-shop
WorkingDirectory=/tmp/run/tree
EnvironmentFile=/tmp/run/tree/.env
Environment=PYTHONPATH=/tmp/run/tree:/srv/shopping OWN=shop.service
ExecStartPre=/tmp/venv/bin/python manage.py check
ExecStart=
ExecStart=/tmp/venv/bin/gunicorn --bind 127.0.0.1:8 --pid /run/user/7/of-the-test/pid shop
ExecStopPost=-/tmp/run/tree/bin/after
LimitCORE=infinity
Restart=on-failure
StandardOutput=append:/tmp/run/log
`,
    leftOut: [
      'Requires',
      'OnFailure',
      'StartLimitAction',
      'User',
      'ProtectSystem',
      'EnvironmentFile',
      'ExecStartPre',
      'Slice',
    ],
  });
});

test.for([
  ['/srv/shop', '/tmp/run/tree'],
  ['/srv/shop/venv/bin', '/tmp/venv/bin'],
  ['--chdir=/srv/shop/', '--chdir=/tmp/run/tree/'],
  ['/srv/shop2 /mnt/srv/shop /srv/shop.old', '/mnt/srv/shop'],
] as const)('%s', ([text, expected]) => {
  expect(withPaths(text, TRANSLATION.paths)).toContain(expected);
});

test('whatever stands in a unit, nothing but known keys gets into the other one', () => {
  const key = fc.constantFrom(
    'User',
    'Slice',
    'Wants',
    'ExecStart',
    'BindPaths',
    'Environment',
    'Sockets',
    'Restart',
  );
  const entry = fc.record({ section: fc.constantFrom('Unit', 'Service'), key, value: fc.string() });
  fc.assert(
    fc.property(fc.array(entry), (all) => {
      const unit = all.map((one) => ({ ...one, keyAt: AT, value: one.value.replaceAll(/\s/g, ' '), at: AT }));
      const { text } = userUnit(unit, TRANSLATION);
      const keys = new Set([...text.matchAll(/^([A-Za-z]+)=/gm)].map(([, name]) => name));
      expect(
        [...keys].filter((name) => !/^(?:ExecStart|Environment|Restart|StandardOutput)$/.test(name ?? '')),
      ).toEqual([]);
    }),
  );
});
