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
const STARTED = { 'shop.conf': '[program:shop]\ncommand=uwsgi --ini deploy/uwsgi.ini\n' };

type Case = [string, string, Record<string, string>, string[]];

const CASES: readonly Case[] = [
  ['PYC025', 'a bound', compose(UVICORN, '    restart: on-failure:5\n'), ['warning compose.yaml:4']],
  ['PYC025', 'none', compose(UVICORN, '    restart: on-failure\n'), []],
  ['PYC025', '0 is none', compose(UVICORN, '    restart: "on-failure:0"\n'), []],
  ['PYC025', 'an arbiter that lives on', compose(GUNICORN, '    restart: on-failure:5\n'), []],
  [
    'PYC025',
    'swarm',
    compose(UVICORN, '    deploy:\n      restart_policy:\n        condition: any\n        max_attempts: 3\n'),
    ['warning compose.yaml:7'],
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
