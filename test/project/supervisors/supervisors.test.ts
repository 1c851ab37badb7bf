import { describe, expect, test } from 'vitest';
import type { RestartPolicy, Service } from '../../../src/project/project.ts';
import { service, services, source } from '../tree.ts';
import { SAMPLES } from './samples.ts';

function facts(one: Service) {
  const command = one.command?.value;
  return {
    name: one.name,
    server: command?.server,
    application: command?.application,
    user: one.user?.value,
    cwd: one.workingDirectory?.value,
    settings: one.settingsModule?.value,
    restarts: one.restart.afterAbort,
    core: one.coreLimit.soft,
    behindShell: command?.behindShell,
  };
}

function sample(kind: string): Readonly<Record<string, string>> {
  const files = SAMPLES[kind];
  if (files === undefined) throw new Error(kind);
  return files;
}

function compose(restart: string): RestartPolicy {
  return service({
    'compose.yml': `services:\n  web:\n    command: hypercorn a:b\n    restart: ${restart}\n`,
  }).restart;
}

const inJob = (text: string) => service({ 'deploy/shop.nomad': text });

describe('what each kind of supervisor says of its services', () => {
  test('an entry script that hands all its arguments on as one word', () => {
    const web = service({
      Dockerfile:
        'FROM python\nCOPY . /app\nWORKDIR /app\nENTRYPOINT ["/app/entry.sh"]\nCMD ["gunicorn", "shop.wsgi", "--workers=3"]\n',
      'entry.sh': '#!/bin/sh\nexec litestream replicate -config litestream.yml -exec "$*"\n',
    });
    expect(web.command?.value.argv).toEqual(['gunicorn', 'shop.wsgi', '--workers=3']);
  });

  test('supervisord', () => {
    const web = service(sample('supervisord'));
    expect(facts(web)).toEqual({
      name: 'web',
      server: 'gunicorn',
      application: 'shop.wsgi:application',
      user: 'shop',
      cwd: '/srv/shop',
      settings: 'shop.settings.production',
      restarts: true,
      core: 'unknown',
      behindShell: false,
    });
    expect(web.command?.value.launchers).toEqual(['newrelic-admin run-program']);
    expect(web.command?.value.argv.at(-1)).toBe('--workers=3');
    expect(source(sample('supervisord'), web.restart.at)).toBe('deploy/web.conf:10:true');
    expect(source(sample('supervisord'), web.settingsModule?.at)).toBe(
      'deploy/web.conf:11:shop.settings.production',
    );
    expect([...web.environment.keys()]).toEqual(['LANG', 'DJANGO_SETTINGS_MODULE', 'A']);
  });

  test.each([
    ['', true],
    ['autorestart=unexpected', true],
    // a signal is never expected; 134 is what a shell in between makes of it
    ['autorestart=unexpected\nexitcodes=0,134', true],
    ["command=sh -c 'gunicorn a:b; exit $?'\nexitcodes=0,134", false],
    ["command=sh -c 'gunicorn a:b | cat'", false],
    ["command=sh -c 'gunicorn a:b | cat'\nautorestart=true", true],
    ['autorestart=false', false],
    ['autorestart={{ restart }}', 'unknown'],
  ])('supervisord, %j: starts it again after SIGABRT: %s', (lines, expected) => {
    const command = lines.startsWith('command=') ? '' : 'command=gunicorn a:b\n';
    const text = `[program:web]\n${command}${lines}\n`;
    expect(service({ 'web.conf': text }).restart.afterAbort).toBe(expected);
  });

  test('a server that ends with 0 is not brought back by a supervisor that restarts failures only', () => {
    expect(compose('on-failure').afterAbort).toBe(false);
    expect(compose('always').afterAbort).toBe(true);
    expect(service({ 'web.conf': '[program:web]\ncommand=hypercorn a:b\n' }).restart.afterAbort).toBe(false);
    expect(service({ 'web.conf': '[program:web]\ncommand=daphne a:b\n' }).restart.afterAbort).toBe(true);
  });

  test('runit: the run script, not that of its log', () => {
    const web = service(sample('runit'));
    expect(facts(web)).toEqual({
      name: 'web',
      server: 'gunicorn',
      application: 'shop.wsgi',
      user: 'shop',
      cwd: '/srv/shop',
      settings: 'shop.settings',
      restarts: true,
      core: 'unlimited',
      behindShell: false,
    });
    expect(source(sample('runit'), web.coreLimit.at)).toBe('etc/service/web/run:3:unlimited');
    expect(web.supervisor).toBe('runit');
  });

  test('runit: a run script that does not exec stays in between, and chpst -c unlimited is no limit', () => {
    const run = '#!/bin/sh\nchpst -c unlimited gunicorn a:b\n';
    const web = service({ 'sv/web/run': run });
    expect(facts(web)).toMatchObject({ behindShell: true, core: 'unknown' });
    expect(web.coreLimit.detail).toContain('usage error');
  });

  test.each([
    ['-m 2000000', true],
    ['-m 2000000 -c =', true],
    ['-a 7999999', true],
    ['-m 200000000', undefined],
  ])('daemontools: softlimit %s', (options, refused) => {
    const web = service({ 'service/web/run': `#!/bin/sh\nexec softlimit ${options} gunicorn a:b\n` });
    expect(web.coreLimit.refused).toBe(refused);
  });

  test('s6: longruns only, execline and sh, and a finish that gives up', () => {
    const files = sample('s6');
    expect(services(files).services.map(facts)).toMatchObject([
      { name: 'svc-web', server: 'uvicorn', user: 'abc', restarts: true, behindShell: false },
      { name: 'svc-worker', server: 'celery', application: 'shop', user: 'abc', core: 'unknown' },
    ]);
    expect(services(files).services[1]?.coreLimit.detail).toContain('hard limit');
    const finish = { 'root/etc/s6-overlay/s6-rc.d/svc-web/finish': '#!/bin/sh\n# exit 125\nexit 125\n' };
    const [web] = services({ ...files, ...finish }).services;
    expect(web?.restart).toMatchObject({ afterAbort: false, at: { line: 3 } });
  });

  test.each([
    ['exit 125', false],
    ['echo ended\nexit 125', false],
    ['[ "$1" = 0 ] && exit 125', 'unknown'],
    ['if [ "$1" = 0 ]; then\n  exit 125\nfi', 'unknown'],
    ['exit 0\nexit 125', 'unknown'],
    ['stop() {\n  exit 125\n}', 'unknown'],
    ['exit 1250', true],
    ['# exit 125', true],
  ])('s6, a finish with %j: starts it again after SIGABRT: %s', (finish, expected) => {
    const files = { 's6-services/web/run': '#!/bin/sh\nexec gunicorn a:b\n' };
    const { restart } = service({ ...files, 's6-services/web/finish': `#!/bin/sh\n${finish}\n` });
    expect(restart.afterAbort).toBe(expected);
    // runit does not look at the exit code
    const runit = { 'etc/sv/web/run': '#!/bin/sh\nexec gunicorn a:b\n' };
    expect(service({ ...runit, 'etc/sv/web/finish': `#!/bin/sh\n${finish}\n` }).restart.afterAbort).toBe(
      true,
    );
  });

  test.each([
    ['exec gunicorn a:b', undefined, undefined],
    ['gunicorn a:b', 'sh', undefined],
    ['exec gunicorn a:b | tee log', 'sh', undefined],
    ['exec fghack gunicorn a:b', 'fghack', undefined],
    ['gunicorn a:b &\nwait', 'sh', undefined],
    ['gunicorn a:b &\necho started', 'sh', true],
    ['gunicorn a:b &\nexec nginx -g "daemon off;"', 'sh', undefined],
    ['trap \'kill "$pid"\' TERM\ngunicorn a:b &\npid=$!\nwait', undefined, undefined],
    ['trap "" HUP\ngunicorn a:b', 'sh', undefined],
  ])('runit, a run with %j: what keeps signals is %s, left behind: %s', (run, keepsSignals, leftBehind) => {
    const { command } = service({ 'etc/sv/web/run': `#!/bin/sh\n${run}\n` });
    expect(command?.value.keepsSignals).toBe(keepsSignals);
    expect(command?.value.leftBehind).toBe(leftBehind);
  });

  test('a cd to a folder that only the running script knows is not taken for none', () => {
    const { workingDirectory } = service({ 'etc/sv/web/run': '#!/bin/sh\ncd "$HERE"\nexec gunicorn a:b\n' });
    expect(workingDirectory?.value).toBe('"$HERE"');
  });

  test('daemontools', () => {
    expect(facts(service(sample('daemontools')))).toMatchObject({
      name: 'web',
      server: 'daphne',
      application: 'shop.asgi:application',
      user: 'shop',
      restarts: true,
    });
    expect(service(sample('daemontools')).supervisor).toBe('daemontools');
  });

  test('OpenRC, with and without its supervisor', () => {
    const files = sample('openrc');
    expect(facts(service(files))).toEqual({
      name: 'shop',
      server: 'gunicorn',
      application: 'shop.wsgi',
      user: 'shop',
      cwd: '/srv/shop',
      settings: undefined,
      restarts: true,
      core: 'unlimited',
      behindShell: false,
    });
    const plain = (files['deploy/shop.initd'] ?? '').replace('supervisor=supervise-daemon\n', '');
    expect(service({ 'deploy/shop.initd': plain }).restart.afterAbort).toBe(false);
  });

  test('circus', () => {
    expect(facts(service(sample('circus')))).toEqual({
      name: 'web',
      server: 'uvicorn',
      application: 'shop.asgi:application',
      user: 'shop',
      cwd: '/srv/shop',
      settings: 'shop.settings',
      restarts: false,
      core: 'unlimited',
      behindShell: false,
    });
    const words = (sample('circus')['circus.ini'] ?? '').replace('-1', 'unlimited');
    expect(service({ 'circus.ini': words }).coreLimit.soft).toBe('unknown');
    const plugin = '[plugin:flapping]\nuse = circus.plugins.flapping.Flapping\n';
    const flapping = (more: string) => service({ 'circus.ini': `${words}\n${plugin}${more}` }).restart;
    expect(flapping('').leavesDown?.detail).toContain('after 12 crashes in a row (2 at a time within 1 s)');
    expect(flapping('max_retry = 1\nwindow = 20\n').leavesDown).toMatchObject({
      detail: expect.stringContaining('after 4 crashes in a row (2 at a time within 20 s)') as string,
      at: { file: 'circus.ini' },
    });
    // the checks are 5 s apart, so three ends are never within 1 s
    for (const never of ['max_retry = -1\n', 'max_retry = 0\n', 'active = no\n', 'attempts = 3\n']) {
      expect(flapping(never).leavesDown).toBeUndefined();
    }
  });

  test('compose: anchors, the image that it builds, an entry script with a case', () => {
    const files = sample('compose');
    const found = services(files).services;
    expect(found.filter(({ supervisor }) => supervisor === 'compose').map(facts)).toEqual([
      {
        name: 'web',
        server: 'gunicorn',
        application: 'shop.wsgi:application',
        user: 'app',
        cwd: '/app',
        settings: 'shop.settings.production',
        restarts: true,
        core: 'unlimited',
        // tini stays and makes 134 of SIGABRT
        behindShell: true,
      },
      {
        name: 'worker',
        server: 'celery',
        application: 'shop',
        user: '1000',
        cwd: '/app',
        settings: undefined,
        restarts: false,
        core: 'unknown',
        behindShell: true,
      },
    ]);
    const [web] = found;
    expect(source(files, web?.command?.at)).toBe(
      'docker/start.sh:6:gunicorn --bind 0.0.0.0:$PORT shop.wsgi:application',
    );
    expect(web?.command?.value.argv).toContain('0.0.0.0:8000');
    expect(source(files, web?.restart.at)).toBe('compose.yaml:3:unless-stopped');
    expect(source(files, web?.coreLimit.at)).toBe('compose.yaml:11:-1');
    expect(web?.environment.get('SECRET')?.at.file).toBe('prod.env');
  });

  test('compose: a command in the block style, extends, and no restart', () => {
    const files = {
      'deploy/base.yml': 'services:\n  app:\n    working_dir: /srv\n    environment: [A=1]\n',
      'docker-compose.yml':
        'services:\n  web:\n    extends: {file: deploy/base.yml, service: app}\n    image: shop\n    command: >\n      gunicorn\n      -b :80 a:b\n',
    };
    expect(facts(service(files))).toMatchObject({
      server: 'gunicorn',
      application: 'a:b',
      cwd: '/srv',
      restarts: false,
      behindShell: false,
    });
  });

  test('files for development are left out, and that is said', () => {
    const found = services({ 'docker-compose.dev.yml': 'services:\n  web:\n    command: gunicorn a:b\n' });
    expect(found.services).toEqual([]);
    expect(found.notes.map(({ code }) => code)).toContain('development-file');
  });

  test('Kubernetes, through a Helm template', () => {
    const files = sample('kubernetes');
    const found = services(files);
    expect(found.services.map(facts)).toEqual([
      {
        name: 'shop/web',
        server: 'gunicorn',
        application: 'shop.wsgi:application',
        user: '1000',
        cwd: '/app',
        settings: 'shop.settings.production',
        restarts: true,
        core: 'unknown',
        behindShell: false,
      },
    ]);
    expect(found.notes.map(({ code }) => code)).toEqual(['image-command', 'template']);
  });

  test('Procfile, fly.toml, heroku.yml', () => {
    const found = services(sample('procfile')).services;
    expect(
      found.map((one) => [one.supervisor, one.name, one.command?.value.server, one.restart.afterAbort]),
    ).toEqual([
      ['procfile', 'web', 'gunicorn', true],
      ['procfile', 'worker', 'celery', true],
      ['fly', 'web', 'uvicorn', true],
      ['heroku', 'web', 'uwsgi', true],
    ]);
    expect(found[0]?.command?.value.launchers).toEqual(['start-nginx', 'ddtrace-run']);
    expect(found[0]?.notes.map(({ code }) => code)).toEqual(['platform-core']);
    expect(found[3]?.command?.value.options.get('master')?.at).toMatchObject({ file: 'uwsgi.ini', line: 3 });
  });

  test.each([
    ['CMD tail -f /dev/null', 'gunicorn', 2],
    ['CMD ["python", "manage.py", "runserver"]', 'gunicorn', 2],
    ['CMD ["pytest"]', 'gunicorn', 2],
    ['CMD ["uvicorn", "shop.asgi:app"]', 'uvicorn', 4],
  ])('a Dockerfile whose last stage has %s', (last, server, line) => {
    const Dockerfile = `FROM python AS production\nCMD gunicorn shop.wsgi\nFROM production AS other\n${last}\n`;
    expect(service({ Dockerfile }).command).toMatchObject({ value: { server }, at: { line } });
  });

  test.each([
    [
      'serverless.yml',
      'provider:\n  name: aws\n  runtime: python3.12\nfunctions:\n  app:\n    handler: wsgi_handler.handler\n',
      'lambda',
      'app',
      6,
    ],
    [
      'infra/template.yaml',
      'Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.12\n      Handler: shop.main.handler\n',
      'lambda',
      'Api',
      6,
    ],
    [
      'zappa_settings.json',
      '{\n "production": {\n  "django_settings": "shop.settings"\n }\n}\n',
      'lambda',
      'production',
      3,
    ],
    [
      'vercel.json',
      '{"builds": [\n {"src": "shop/wsgi.py", "use": "@vercel/python"},\n {"src": "x.sh", "use": "@vercel/static-build"}]}\n',
      'vercel',
      'shop/wsgi.py',
      2,
    ],
    [
      'run.yaml',
      'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: web\n',
      'cloud-run',
      'web',
      4,
    ],
    ['app.yaml', 'runtime: python312\n', 'appengine', 'default', 1],
  ])('%s: a platform that keeps no core', (path, text, supervisor, name, line) => {
    const one = service({ [path]: text });
    expect([one.supervisor, one.name, one.command, one.notes[0]?.code, one.notes[0]?.at?.line]).toEqual([
      supervisor,
      name,
      undefined,
      'platform-core',
      line,
    ]);
    // of another language, or not of that platform
    const other = text.replace(/python|knative|_settings/g, 'other');
    expect(services({ [path]: other }).services).toEqual([]);
  });

  test('Nomad', () => {
    expect(facts(service(sample('nomad')))).toEqual({
      name: 'shop/app',
      server: 'gunicorn',
      application: 'shop.wsgi',
      user: 'shop',
      cwd: undefined,
      settings: 'shop.settings',
      restarts: true,
      core: 'unlimited',
      behindShell: false,
    });
    const job = sample('nomad')['deploy/shop.nomad'] ?? '';
    const nowhere = job.replace(
      'restart {',
      'reschedule {\n attempts = 0\n unlimited = false\n }\n restart {',
    );
    expect(inJob(nowhere).restart).toMatchObject({ afterAbort: false, at: { line: 8 } });
    expect(inJob(nowhere.replace('attempts = 0\n    }', 'attempts = 3\n    }')).restart).toMatchObject({
      afterAbort: true,
      leavesDown: { detail: expect.stringContaining('after 3 restarts') as string },
    });
    // drivers/docker/driver.go: strconv.Atoi
    expect(inJob(job.replace('"-1"', '"unlimited"')).coreLimit).toMatchObject({ refused: true });
    expect(inJob(job.replace('"-1"', '"0:-1"')).coreLimit).toMatchObject({ soft: 0 });
  });

  test('Apache with mod_wsgi: no core without CoreDumpDirectory', () => {
    const files = sample('apache');
    const shop = service(files);
    expect(facts(shop)).toMatchObject({
      server: 'mod_wsgi',
      application: '/srv/shop/shop/wsgi.py',
      user: 'shop',
      cwd: '/srv/shop',
      settings: 'shop.settings',
      restarts: true,
    });
    expect(shop.command?.value.abort?.core).toBe('needs-directive');
    const text = (files['deploy/apache.conf'] ?? '').replace('</V', '  CoreDumpDirectory /var/cores\n</V');
    expect(service({ 'deploy/apache.conf': text }).command?.value.abort?.core).toBe('written');
  });

  test('NGINX Unit', () => {
    expect(facts(service(sample('nginx-unit')))).toMatchObject({
      name: 'shop',
      server: 'nginx-unit',
      application: 'shop.wsgi:application',
      user: 'shop',
      settings: 'shop.settings',
    });
  });

  test('the targets of an application of NGINX Unit', () => {
    const json = `{"applications": {"shop": {"type": "python", "callable": "app", "targets": {
  "web": {"module": "shop.wsgi"}, "api": {"module": "api.asgi", "callable": "api"}}}}}
`;
    const found = services({ 'deploy/unit.json': json }).services;
    expect(found.map(({ name, command }) => [name, command?.value.application, command?.at.line])).toEqual([
      ['shop/web', 'shop.wsgi:app', 2],
      ['shop/api', 'api.asgi:api', 2],
    ]);
  });

  test('the vassals of an emperor start in their folder; other files are none', () => {
    const ini = '[uwsgi]\nmodule = shop.wsgi\n';
    const found = services({
      'deploy/uwsgi.service': '[Service]\nExecStart=/usr/bin/uwsgi --emperor /etc/uwsgi/vassals\n',
      'conf/vassals/shop.ini': ini,
      'conf/vassals/api.ini': `${ini}chdir = /srv/api\n`,
      'old/shop.ini': ini,
    }).services;
    expect(
      found.map((one) => [one.file, one.supervisor, one.restart.afterAbort, one.workingDirectory?.value]),
    ).toEqual([
      ['deploy/uwsgi.service', 'systemd', false, undefined],
      ['conf/vassals/shop.ini', 'uwsgi-emperor', true, '/etc/uwsgi/vassals'],
      ['conf/vassals/api.ini', 'uwsgi-emperor', true, '/srv/api'],
      ['old/shop.ini', 'unknown', 'unknown', undefined],
    ]);
  });

  test('uWSGI files of every format that no command names', () => {
    const found = services(sample('uwsgi')).services;
    expect(
      found.map((one) => [
        one.file,
        ...Object.values(facts(one)).slice(1, 6),
        one.command?.value.abort?.respawnedBy,
      ]),
    ).toEqual([
      [
        'conf/uwsgi.ini',
        'uwsgi',
        'shop/wsgi.py',
        'www-data',
        '/srv/shop',
        'shop.settings.production',
        'supervisor',
      ],
      ['conf/uwsgi.xml', 'uwsgi', 'shop.wsgi', undefined, '/srv/shop', undefined, 'server'],
      ['conf/uwsgi.yaml', 'uwsgi', 'shop.wsgi:application', undefined, undefined, 'shop.settings', 'server'],
    ]);
    expect(found[0]?.command?.value.abort?.core).toBe('kernel-forbids');
  });

  test('systemd units lead through scripts of the tree', () => {
    const files = {
      'deploy/shop.service': '[Service]\nExecStart=/srv/shop/bin/start.sh prod\nRestart=on-abort\n',
      'bin/start.sh': '#!/bin/sh\nif [ "$1" = prod ]; then\n  gunicorn shop.wsgi\nfi\n',
    };
    expect(facts(service(files))).toMatchObject({ server: 'gunicorn', behindShell: true, restarts: false });
  });
});
