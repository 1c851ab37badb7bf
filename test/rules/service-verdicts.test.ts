import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';
import { RULES } from '../../src/rules/index.generated.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pycrash-services-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What the rules of `ids` say of these files: `PYC025 warning compose.yaml:4`. */
async function verdicts(ids: readonly string[], files: Record<string, string>): Promise<string[]> {
  const root = mkdtempSync(join(scratch, 'tree-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const project = await readProject(root);
  return RULES.filter(({ id }) => ids.includes(id)).flatMap((rule) =>
    rule.check(project, {}).map(({ level = rule.level, at }) => `${rule.id} ${level} ${at.file}:${at.line}`),
  );
}

const UVICORN = 'uvicorn shop.asgi:application';
const GUNICORN = 'gunicorn shop.wsgi:application';
const compose = (command: string, rest: string) => ({
  'compose.yaml': `services:\n  web:\n    command: ${command}\n${rest}`,
});
const program = (command: string, rest: string) => ({
  'shop.conf': `[program:shop]\ncommand=/srv/venv/bin/${command}\n${rest}`,
});
const uwsgi = (rest: string) => ({ 'deploy/uwsgi.ini': `[uwsgi]\nmodule = shop.wsgi\n${rest}` });
const script = (text: string) => ({
  'start.sh': `#!/bin/bash\n${text}\n`,
  Dockerfile: 'FROM python\nCOPY start.sh /\nCMD ["/start.sh"]\n',
});
const web = (command: string, rest: string) =>
  compose(command, `    image: shop\n    working_dir: /srv/shop\n${rest}`);
/** A Deployment with one container; `rest` is YAML of the container, `pod` of the pod. */
const deployment = (command: string, rest: string, pod = '') => ({
  'deploy/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: shop
          workingDir: /srv/shop
          command: [${command.split(' ').join(', ')}]
${rest.replaceAll(/^(?=.)/gm, '          ')}${pod.replaceAll(/^(?=.)/gm, '      ')}`,
});
const READ_ONLY = 'securityContext: {readOnlyRootFilesystem: true}\n';
const MOUNTED = 'volumeMounts:\n  - {name: data, mountPath: /srv/shop}\n';
const STARTED = { 'shop.conf': '[program:shop]\ncommand=uwsgi --ini deploy/uwsgi.ini\n' };

const CMD = 'CMD ["gunicorn", "shop.wsgi"]\n';
const DEBUG_IN_BASE = {
  'shop/settings/__init__.py': 'from .base import *\n',
  'shop/settings/base.py': 'DEBUG = True\nMIDDLEWARE = ["a"]\n',
  'shop/settings/docker.py': 'from .base import *\nDEBUG = False\n',
  'shop/wsgi.py':
    'import os\nfrom django.core.wsgi import get_wsgi_application\n' +
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_wsgi_application()\n',
};

type Case = [string, string, Record<string, string>, string[]];

const CASES: readonly Case[] = [
  ['PYC028', 'litestar run', program('litestar --app a:b run -W 2', ''), ['warning shop.conf:2']],
  ['PYC028', 'litestar run as one process', program('litestar --app a:b run', ''), []],
  ['PYC028', 'litestar, its group', program('litestar --app a:b run -W 2', 'stopasgroup=true\n'), []],
  [
    'PYC052',
    'a platform, said once',
    {
      Procfile: `web: ${GUNICORN}\nother: ${UVICORN}\n`,
      'vercel.json': '{"builds": [{"src": "a.py", "use": "@vercel/python"}]}',
    },
    ['info Procfile:1'],
  ],
  ['PYC008', 'a platform, log only', { Procfile: `web: PYCRASH=log ${GUNICORN}\n` }, []],
  ['PYC008', 'a platform, off', { Procfile: `web: PYCRASH=0 ${GUNICORN}\n` }, ['warning Procfile:1']],
  ['PYC052', 'a platform, log only', { Procfile: `web: PYCRASH=log ${GUNICORN}\n` }, []],
  ['PYC032', 'quart run', program('quart --app a:b run', ''), ['error shop.conf:2']],
  ['PYC038', 'sanic replaces no worker', program('sanic a:b', ''), ['error shop.conf:2']],
  ['PYC038', 'sanic as one process', program('sanic a:b --single-process', ''), []],
  ['PYC032', 'compose starts runserver', web('python manage.py runserver', ''), ['error compose.yaml:3']],
  [
    'PYC032',
    'compose starts runserver for developers, and a Procfile gunicorn',
    { ...web('python manage.py runserver', ''), Procfile: `web: ${GUNICORN}\n` },
    ['info compose.yaml:3'],
  ],
  [
    'PYC032',
    'a Procfile starts runserver beside gunicorn',
    { Procfile: `web: python manage.py runserver\nother: ${GUNICORN}\n` },
    ['error Procfile:1'],
  ],
  [
    'PYC006',
    'wsgi.py falls back on settings that the service does not use',
    { ...DEBUG_IN_BASE, Dockerfile: `FROM python\nENV DJANGO_SETTINGS_MODULE=shop.settings.docker\n${CMD}` },
    [],
  ],
  [
    'PYC006',
    'wsgi.py falls back on settings, and the service says none',
    { ...DEBUG_IN_BASE, Dockerfile: `FROM python\n${CMD}` },
    ['error shop/settings/base.py:1'],
  ],
  [
    'PYC022',
    'what compose starts stands in the Dockerfile',
    {
      'compose.yaml': 'services:\n  web:\n    build: .\n',
      Dockerfile: 'FROM python\nCMD ["gunicorn", "shop.wsgi"]\n',
    },
    ['warning compose.yaml:3'],
  ],
  [
    'PYC045',
    'an installer puts the folder in',
    { 'web.service': '[Service]\nWorkingDirectory=##HOME##/web\nExecStart=gunicorn shop.wsgi\n' },
    ['unknown web.service:2'],
  ],
  ['PYC025', 'a bound', compose(UVICORN, '    restart: on-failure:5\n'), ['warning compose.yaml:4']],
  ['PYC025', 'none', compose(UVICORN, '    restart: on-failure\n'), []],
  ['PYC025', '0 is none', compose(UVICORN, '    restart: "on-failure:0"\n'), []],
  ['PYC025', 'an arbiter that lives on', compose(GUNICORN, '    restart: on-failure:5\n'), []],
  [
    'PYC025',
    'swarm',
    compose(
      UVICORN,
      '    deploy:\n      mode: replicated\n      restart_policy:\n        condition: any\n        max_attempts: 3\n',
    ),
    ['warning compose.yaml:8'],
  ],
  [
    'PYC025',
    'swarm with a window',
    compose(
      UVICORN,
      '    deploy:\n      restart_policy:\n        condition: any\n        max_attempts: 3\n        window: 60s\n',
    ),
    [],
  ],
  ['PYC026', 'a long start', program(UVICORN, 'startsecs=10\n'), ['warning shop.conf:3']],
  ['PYC026', 'no second try', program(UVICORN, 'startsecs=10\nstartretries=0\n'), ['warning shop.conf:3']],
  ['PYC026', 'the default', program(UVICORN, 'startretries=3\n'), []],
  ['PYC026', 'a short one', program(UVICORN, 'startsecs=2\n'), []],
  ['PYC026', 'an arbiter that lives on', program(GUNICORN, 'startsecs=10\n'), []],
  ['PYC027', 'in front of nginx', script(`${UVICORN} &\nexec nginx -g 'daemon off;'`), ['error start.sh:2']],
  ['PYC027', 'in front of tail', script(`nohup ${UVICORN} &\ntail -f /var/log/x`), ['error start.sh:2']],
  ['PYC027', 'waits for the first', script(`${UVICORN} &\nnginx &\nwait -n`), []],
  ['PYC027', 'waits for it', script(`${UVICORN} &\nPID=$!\nnginx\nwait $PID`), []],
  ['PYC027', 'waits for all', script(`${UVICORN} &\nnginx &\nwait`), ['error start.sh:2']],
  ['PYC027', 'waits for the only one', script(`${UVICORN} &\nwait`), []],
  ['PYC027', 'a loop', script(`${UVICORN} &\nwhile sleep 9; do pgrep uvicorn || exit 1; done`), []],
  ['PYC027', 'an arbiter that lives on', script(`${GUNICORN} &\nexec nginx`), []],
  ['PYC027', 'in the foreground', script(`nginx &\nexec ${UVICORN}`), []],
  [
    'PYC027',
    'another branch',
    script(`case "$MODE" in\n  a) ${UVICORN} &\n;;\n  b) nginx ;;\nesac\necho done`),
    [],
  ],
  ['PYC035', 'no master', { ...STARTED, ...uwsgi('processes = 4\n') }, ['error deploy/uwsgi.ini:3']],
  ['PYC035', 'workers', { ...STARTED, ...uwsgi('workers = 4\n') }, ['error deploy/uwsgi.ini:3']],
  ['PYC035', 'one process', { ...STARTED, ...uwsgi('threads = 4\n') }, []],
  ['PYC035', 'a master', { ...STARTED, ...uwsgi('processes = 4\nmaster = 1\n') }, []],
  [
    'PYC035',
    'the master is switched off',
    { ...STARTED, ...uwsgi('workers = 2\nmaster = false\n') },
    ['error deploy/uwsgi.ini:3'],
  ],
  ['PYC035', 'another file is put in', { ...STARTED, ...uwsgi('workers = 2\ninclude = x.ini\n') }, []],
  ['PYC035', 'nobody says what starts it', uwsgi('processes = 4\n'), ['unknown deploy/uwsgi.ini:3']],
  ['PYC036', 'short', uwsgi('harakiri = 5\n'), ['warning deploy/uwsgi.ini:3']],
  ['PYC036', 'off', uwsgi('harakiri = 0\n'), []],
  ['PYC036', 'long', uwsgi('harakiri = 30\n'), []],
  ['PYC050', 'read-only', web(GUNICORN, '    read_only: true\n'), ['warning compose.yaml:6']],
  ['PYC050', 'a volume', web(GUNICORN, '    read_only: true\n    volumes: ["data:/srv/shop"]\n'), []],
  ['PYC050', 'above it', web(GUNICORN, '    read_only: true\n    volumes: ["data:/srv"]\n'), []],
  [
    'PYC050',
    'a read-only volume',
    web(GUNICORN, '    volumes: ["./:/srv/shop:ro"]\n'),
    ['warning compose.yaml:6'],
  ],
  [
    'PYC050',
    'a volume elsewhere',
    web(GUNICORN, '    read_only: true\n    tmpfs: /tmp\n'),
    ['warning compose.yaml:6'],
  ],
  [
    'PYC050',
    'a long volume',
    web(GUNICORN, '    read_only: true\n    volumes: [{type: volume, source: x, target: /srv/shop}]\n'),
    [],
  ],
  ['PYC050', 'a variable', web(GUNICORN, '    read_only: true\n    volumes: ["data:${PLACE}"]\n'), []],
  ['PYC050', 'a part of a service', compose(GUNICORN, '    read_only: true\n'), []],
  [
    'PYC050',
    'somewhere, and something to write to',
    compose(GUNICORN, '    image: shop\n    read_only: true\n    tmpfs: [/tmp]\n'),
    [],
  ],
  [
    'PYC050',
    'somewhere, and nothing to write to',
    compose(GUNICORN, '    image: shop\n    read_only: true\n'),
    ['warning compose.yaml:5'],
  ],
  ['PYC050', 'a pod', deployment(GUNICORN, READ_ONLY), ['warning deploy/web.yaml:12']],
  [
    'PYC050',
    'a pod with a volume',
    deployment(GUNICORN, READ_ONLY + MOUNTED, 'volumes: [{name: data, emptyDir: {}}]\n'),
    [],
  ],
  [
    'PYC050',
    'a pod with a config map',
    deployment(GUNICORN, READ_ONLY + MOUNTED, 'volumes: [{name: data, configMap: {name: x}}]\n'),
    ['warning deploy/web.yaml:14'],
  ],
  [
    'PYC050',
    'a template',
    deployment(
      GUNICORN,
      `${READ_ONLY}{{- with .Values.mounts }}\nvolumeMounts: {{ toYaml . }}\n{{- end }}\n`,
    ),
    [],
  ],
  ['PYC051', 'a tmpfs', web(UVICORN, '    tmpfs: /srv/shop\n'), ['error compose.yaml:6']],
  [
    'PYC051',
    'a long tmpfs',
    web(UVICORN, '    volumes: [{type: tmpfs, target: /srv/shop}]\n'),
    ['error compose.yaml:6'],
  ],
  [
    'PYC051',
    'under an arbiter',
    web(GUNICORN, '    tmpfs: ["/srv/shop:size=1g"]\n'),
    ['warning compose.yaml:6'],
  ],
  ['PYC051', 'a tmpfs elsewhere', web(UVICORN, '    tmpfs: /tmp\n'), []],
  ['PYC051', 'a volume on it', web(UVICORN, '    tmpfs: /srv\n    volumes: ["data:/srv/shop"]\n'), []],
  ['PYC051', 'a pod', deployment(UVICORN, ''), ['unknown deploy/web.yaml:10']],
  ['PYC051', 'a pod with an arbiter', deployment(GUNICORN, ''), []],
  [
    'PYC051',
    'a pod with a volume',
    deployment(UVICORN, MOUNTED, 'volumes: [{name: data, emptyDir: {}}]\n'),
    [],
  ],
  ...(
    [
      ['requirements.txt', 'uvicorn==0.29.0', true],
      ['requirements.txt', 'uvicorn[standard]==0.17.6', true],
      ['requirements.txt', 'uvicorn==0.30.0', false],
      ['requirements.txt', 'uvicorn>=0.20', false],
      ['requirements.txt', 'uvicorn~=0.20', false],
      ['poetry.lock', 'name = "uvicorn"\nversion = "0.23.2"', true],
      ['uv.lock', 'name = "uvicorn"\nversion = "0.54.0"', false],
    ] as const
  ).map(([file, line, bad]): Case => [
    'PYC038',
    line,
    { ...compose(`${UVICORN} --workers 2`, ''), [file]: `${line}\n` },
    bad ? ['error compose.yaml:3'] : [],
  ]),
  [
    'PYC038',
    'one worker',
    { ...compose(`${UVICORN} --workers 1`, ''), 'requirements.txt': 'uvicorn==0.29.0\n' },
    [],
  ],
];

test.each(CASES)('%s: %s', async (id, _name, files, expected) => {
  expect(await verdicts([id], files)).toEqual(expected.map((one) => `${id} ${one}`));
});
