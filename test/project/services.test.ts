import { describe, expect, test } from 'vitest';
import type { Service } from '../../src/project/project.ts';
import { project } from './whole-project.ts';
import type { Files } from './evaluate.ts';

async function service(unit: string, more: Files = {}): Promise<Service> {
  const { services } = await project({ 'deploy/shop.service': unit, ...more });
  const [found] = services;
  if (found === undefined) throw new Error('no service');
  return found;
}

async function command(line: string, more: Files = {}) {
  const { command: found } = await service(
    `[Service]\nWorkingDirectory=/srv/shop\nExecStart=${line}\n`,
    more,
  );
  if (found === undefined) throw new Error('no command');
  const { options, ...rest } = found.value;
  return { ...rest, options: Object.fromEntries([...options].map(([key, { value }]) => [key, value])) };
}

describe('units', () => {
  test('continuations, comments inside of them, blanks round the equals sign, CRLF', async () => {
    const found = await service(
      '[Service]\r\n; old\r\n#ExecStart=/bin/old\r\nExecStart = /srv/bin/gunicorn \\\r\n  # not this one\r\n  --workers 3 \\\r\n  shop.wsgi\r\nUser = www\r\n',
    );
    expect(found.command?.value.argv).toEqual(['/srv/bin/gunicorn', '--workers', '3', 'shop.wsgi']);
    expect(found.command?.at).toMatchObject({ line: 4, column: 13, endLine: 7, endColumn: 12 });
    expect(found.command?.value.options.get('workers')).toMatchObject({
      value: '3',
      at: { line: 6, column: 13 },
    });
    expect(found.user).toMatchObject({ value: 'www', at: { line: 8, column: 8 } });
  });

  test('drop-ins come after the unit in the order of their names; an empty value takes a list back', async () => {
    const found = await service(
      '[Service]\nExecStart=/bin/gunicorn old.wsgi\nRestart=no\nRestartPreventExitStatus=SIGABRT\nEnvironment=A=1\n',
      {
        'deploy/shop.service.d/20.conf':
          '[Service]\nExecStart=\nExecStart=/bin/gunicorn new.wsgi\nRestartPreventExitStatus=\n',
        'deploy/shop.service.d/10.conf': '[Service]\nRestart=always\nEnvironment="B=two words" C=3\n',
        'deploy/other.service.d/10.conf': '[Service]\nRestart=no\n',
      },
    );
    expect(found.command?.value.application).toBe('new.wsgi');
    expect(found.restart).toMatchObject({
      afterAbort: true,
      at: { file: 'deploy/shop.service.d/10.conf', line: 2 },
    });
    expect(Object.fromEntries([...found.environment].map(([key, { value }]) => [key, value]))).toEqual({
      A: '1',
      B: 'two words',
      C: '3',
    });
    expect(found.unit?.files).toEqual([
      'deploy/shop.service',
      'deploy/shop.service.d/10.conf',
      'deploy/shop.service.d/20.conf',
    ]);
  });

  test('an EnvironmentFile that is in the tree is read, another one is named', async () => {
    const found = await service(
      '[Service]\nEnvironmentFile=/srv/shop/deploy/shop.env\nEnvironmentFile=-/etc/default/shop\nExecStart=/bin/gunicorn ${APP}\n',
      { 'deploy/shop.env': '# c\nDJANGO_SETTINGS_MODULE="shop.prod"\nexport APP=shop.wsgi\n' },
    );
    expect(found.settingsModule).toMatchObject({
      value: 'shop.prod',
      at: { file: 'deploy/shop.env', line: 2 },
    });
    expect(found.command?.value.application).toBe('shop.wsgi');
    expect(found.notes).toMatchObject([{ code: 'environment-file', at: { line: 3 } }]);
  });

  test('a unit that starts nothing of Python is none of ours, a template is named', async () => {
    const { services, notes } = await project({
      'a.service': '[Service]\nExecStart=/usr/bin/redis-server\n',
      'b.service.j2': '[Service]\nExecStart={{ venv }}/bin/gunicorn\n',
    });
    expect(services).toEqual([]);
    expect(notes.map(({ code }) => code)).toContain('unit-template');
  });

  test.each([
    ['', false, 'Restart=no (the default) does not restart after SIGABRT'],
    ['Restart=always', true, 'Restart=always'],
    ['Restart=on-failure', true, 'Restart=on-failure'],
    ['Restart=on-abort', true, 'Restart=on-abort'],
    ['Restart=on-success', false, 'Restart=on-success does not restart after SIGABRT'],
    ['Restart=on-fail', false, 'Restart=on-fail is no policy that systemd knows'],
    [
      'Restart=always\nRestartPreventExitStatus=1 SIGABRT',
      false,
      'RestartPreventExitStatus=1 SIGABRT takes SIGABRT out of Restart=',
    ],
    [
      'Restart=on-failure\nSuccessExitStatus=SIGABRT',
      false,
      'SuccessExitStatus=SIGABRT makes SIGABRT a success, and Restart=on-failure restarts failures only',
    ],
    ['RestartForceExitStatus=SIGABRT', true, 'RestartForceExitStatus=SIGABRT restarts after SIGABRT'],
  ])('%j restarts: %s', async (lines, afterAbort, detail) => {
    const { restart } = await service(`[Service]\nExecStart=/bin/gunicorn shop.wsgi\n${lines}\n`);
    expect(restart).toMatchObject({ afterAbort, detail });
  });

  test.each([
    ['on-failure', true],
    ['on-abort', false],
    ['on-abnormal', false],
  ])('behind a shell Restart=%s restarts: %s', async (policy, afterAbort) => {
    const { restart } = await service(
      `[Service]\nExecStart=/bin/sh -c "cd /srv && gunicorn shop.wsgi"\nRestart=${policy}\n`,
    );
    expect(restart.afterAbort).toBe(afterAbort);
  });

  test.each([
    ['', 0],
    ['LimitCORE=infinity', 'unlimited'],
    ['LimitCORE=0:infinity', 0],
    ['LimitCORE=2G', 2 ** 31],
    ['LimitCORE=lots', 'unknown'],
  ])('%j is a soft limit of %s', async (line, soft) => {
    const { coreLimit } = await service(`[Service]\nExecStart=/bin/gunicorn shop.wsgi\n${line}\n`);
    expect(coreLimit.soft).toBe(soft);
  });
});

describe('start commands', () => {
  test.each([
    ['/v/bin/gunicorn shop.wsgi', []],
    ['/usr/bin/env A=1 gunicorn shop.wsgi', ['env']],
    ['/v/bin/poetry run gunicorn shop.wsgi', ['poetry run']],
    ['/usr/bin/pipenv --python 3 run gunicorn shop.wsgi', ['pipenv run']],
    ['newrelic-admin run-program gunicorn shop.wsgi', ['newrelic-admin run-program']],
    ['opentelemetry-instrument --traces_exporter console gunicorn shop.wsgi', ['opentelemetry-instrument']],
    ['ddtrace-run python3.12 -m gunicorn.app.wsgiapp shop.wsgi', ['ddtrace-run']],
    ['nice -n 5 gosu web gunicorn shop.wsgi', ['nice', 'gosu']],
    ["/bin/sh -c 'exec gunicorn shop.wsgi'", ['sh -c']],
    ['/bin/bash -lc \'source env/bin/activate; exec gunicorn "shop.wsgi"\'', ['bash -c']],
    ['-/v/bin/python /v/bin/gunicorn shop.wsgi', []],
  ])('%s', async (line, launchers) => {
    expect(await command(line)).toMatchObject({
      server: 'gunicorn',
      application: 'shop.wsgi',
      launchers,
      behindShell: false,
    });
  });

  test.each([
    ['uv run --with x --no-sync gunicorn shop.wsgi', ['uv run']],
    ['tini -s -- gunicorn shop.wsgi', ['tini']],
  ])('%s stays between the supervisor and the server', async (line, launchers) => {
    expect(await command(line)).toMatchObject({ server: 'gunicorn', launchers, behindShell: true });
  });

  test('a script in the tree is followed; without exec the shell stays', async () => {
    const files = {
      'deploy/run.sh':
        '#!/bin/sh\nset -e\ncd /srv/shop/app\nulimit -c unlimited\npython manage.py migrate\ngunicorn shop.wsgi \\\n  --timeout 60\n',
    };
    const found = await service('[Service]\nExecStart=/srv/shop/deploy/run.sh\n', files);
    expect(found.command?.value).toMatchObject({
      server: 'gunicorn',
      behindShell: true,
    });
    expect(found.command?.value.options.get('timeout')?.at).toMatchObject({ file: 'deploy/run.sh', line: 7 });
    expect(found.workingDirectory).toMatchObject({
      value: '/srv/shop/app',
      at: { file: 'deploy/run.sh', line: 3 },
    });
    expect(found.coreLimit).toMatchObject({ soft: 'unlimited', at: { file: 'deploy/run.sh', line: 4 } });
  });

  test.each([
    ['uvicorn shop.asgi:application --workers 2', 'uvicorn', 'shop.asgi:application'],
    ['daphne -b 0.0.0.0 shop.asgi:application', 'daphne', 'shop.asgi:application'],
    ['granian --interface asginl --ws shop.asgi:application', 'granian', 'shop.asgi:application'],
    ['python manage.py runserver', 'runserver', undefined],
    ['uwsgi --ini x.ini', 'uwsgi', undefined],
  ])('%s', async (line, server, application) => {
    expect(await command(line)).toMatchObject({
      server,
      ...(application === undefined ? {} : { application }),
    });
  });
});

describe('gunicorn', () => {
  test.each([
    ['-w 4', { workers: '4' }],
    ['-w4', { workers: '4' }],
    ['--workers=4', { workers: '4' }],
    ['--workers 4', { workers: '4' }],
    ['-b :80 --bind unix:/x', { bind: ':80,unix:/x' }],
    ['--preload --reload -t 30', { preload: 'true', reload: 'true', timeout: '30' }],
    ['-u web -g web', { user: 'web', group: 'web' }],
  ])('%s', async (words, options) => {
    expect(await command(`gunicorn ${words} shop.wsgi`)).toMatchObject({ application: 'shop.wsgi', options });
  });

  test('its configuration, whatever it is called, then GUNICORN_CMD_ARGS, then the command line', async () => {
    const found = await service(
      '[Service]\nEnvironment="GUNICORN_CMD_ARGS=--timeout 40 --threads 2"\nExecStart=/bin/gunicorn -c /etc/shop/gunicorn.ini --threads 8\n',
      {
        'deploy/gunicorn.ini':
          'import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\ntimeout = 30\nthreads = 1\nuser = "web"\nwsgi_app = "shop.wsgi:app"\nraw_env = ["DJANGO_SETTINGS_MODULE=shop.live"]\n',
      },
    );
    expect(found.command?.value.application).toBe('shop.wsgi:app');
    expect(found.settingsModule).toMatchObject({
      value: 'shop.live',
      at: { file: 'deploy/gunicorn.ini', line: 7 },
    });
    const options = found.command?.value.options;
    expect(options?.get('workers')?.value).toBe('unknown');
    expect(options?.get('timeout')).toMatchObject({
      value: '40',
      at: { file: 'deploy/shop.service', line: 2 },
    });
    expect(options?.get('threads')).toMatchObject({ value: '8', at: { line: 3 } });
    expect(options?.get('user')).toMatchObject({
      value: 'web',
      at: { file: 'deploy/gunicorn.ini', line: 5 },
    });
  });

  test('gunicorn.conf.py of the working folder counts by itself, one of another folder does not', async () => {
    const config = { 'gunicorn.conf.py': 'timeout = 5\n' };
    expect((await command('gunicorn shop.wsgi', config)).options).toMatchObject({ timeout: '5' });
    const elsewhere = { 'other/gunicorn.conf.py': 'timeout = 5\n' };
    expect((await command('gunicorn shop.wsgi', elsewhere)).options).toEqual({});
  });
});
