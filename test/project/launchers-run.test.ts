import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stripLaunchers } from '../../src/project/launchers.ts';
import { pythonEnvironment } from '../python-environment.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pycrash-launchers-'));
  const files = {
    'crash.py': 'import os\nos.abort()\n',
    'pyproject.toml': '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.8"\n',
    'tox.ini': '[tox]\nenv_list = serve\n[testenv]\nskip_install = true\n',
    '.env': '',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['tox==4.67.15', 'tox exec -e serve -- python crash.py', 250],
  ['pdm==2.29.4', 'pdm run python crash.py', 250],
  ['hatch==1.18.2', 'hatch run python crash.py', 134],
  ['poetry==2.5.1', 'poetry run python crash.py', 0],
  ['pipenv==2026.10.3', 'pipenv run python crash.py', 0],
  ['uv==0.13.9', 'uv run --no-project python crash.py', 134],
  ['honcho', 'honcho run python crash.py', 134],
  ['python-dotenv[cli]', 'dotenv run python crash.py', 0],
  ['newrelic', 'newrelic-admin run-program python crash.py', 0],
  ['elastic-apm', 'elasticapm-run python crash.py', 0],
  ['opentelemetry-distro', 'opentelemetry-instrument python crash.py', 0],
  ['ddtrace', 'ddtrace-run python crash.py', 0],
])(
  '%s: whether it stays as the parent is what the table says',
  { timeout: 300_000 },
  async (requirement, line, code) => {
    const environment = pythonEnvironment('3.12', [requirement]);
    const [program = '', ...args] = line.split(' ');
    const [command, ...words] = environment.command(program, args);
    const result = await execa('prlimit', ['--core=0:0', '--', command, ...words], {
      cwd: folder,
      reject: false,
      env: {
        PATH: `${environment.folder}/bin:${process.env['PATH'] ?? ''}`,
        HOME: folder,
        WORKON_HOME: folder,
        POETRY_VIRTUALENVS_PATH: folder,
      },
    });
    const { stays, words: left } = stripLaunchers(
      line.split(' ').map((value) => ({
        value,
        at: { file: '', line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 },
      })),
    );
    expect(left.map(({ value }) => value)).toEqual(['python', 'crash.py']);
    // one that waits ends with a code of its own, one that execs by the signal
    expect([result.signal, result.exitCode]).toEqual(stays ? [undefined, code] : ['SIGABRT', undefined]);
  },
);
