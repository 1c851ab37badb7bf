import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleReport } from '../report/example-report.ts';
import { schemaErrors } from '../schema-errors.ts';
import { pycrash } from './pycrash.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'pycrash-check-'));
const bare = join(scratch, 'bare');
const good = join(scratch, 'good');
let initDocument = '';

beforeAll(async () => {
  cpSync(`${ROOT}examples/django-shop`, bare, { recursive: true });
  cpSync(bare, good, { recursive: true });
  initDocument = (await pycrash(['init', good, '--yes', '--json'])).stdout;
});

afterAll(() => rmSync(scratch, { recursive: true }));

/** A copy of the initialised project with files laid over it. */
function project(files: Record<string, string>): string {
  const folder = mkdtempSync(join(scratch, 'project-'));
  cpSync(good, folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

const UNIT = (rest: string) =>
  `[Service]\nExecStart=/srv/shop/venv/bin/gunicorn --workers 2 shop.wsgi:application\n${rest}`;

interface Document {
  summary: Record<string, number>;
  findings: { rule: string; file: string; line: number; column: number; fingerprint: string }[];
}

async function findings(folder: string, ...more: string[]): Promise<Document['findings']> {
  return (JSON.parse((await pycrash(['check', folder, '--json', ...more])).stdout) as Document).findings;
}

test('an initialised project has no findings, the one before has', async () => {
  expect(await pycrash(['check', good])).toEqual({ exitCode: 0, stdout: 'no findings\n', stderr: '' });
  const outcome = await pycrash(['check', bare, '--format', 'json']);
  expect(outcome.exitCode).toBe(1);
  const document = JSON.parse(outcome.stdout) as Document;
  expect(document.findings.map(({ rule, file, line }) => `${rule} ${file}:${line}`)).toEqual([
    'PYC016 deploy/django-shop.service:8',
    'PYC010 deploy/django-shop.service:12',
    'PYC015 deploy/django-shop.service:12',
    'PYC001 shop/settings/base.py:22',
  ]);
  expect(schemaErrors('check', document)).toBeNull();
});

test('what starts something that was not found out is said on stderr, never left out in silence', async () => {
  const folder = project({
    'compose.yml': 'services:\n  web:\n    image: shop\n    command: web-dev 8000\n',
    'deploy/web.service.j2': '[Service]\nExecStart={{ venv }}/bin/gunicorn shop.wsgi\n',
    'deploy/worker.service': '[Service]\nExecStart=/srv/bin/celery -A shop worker\n',
  });
  const outcome = await pycrash(['check', folder]);
  expect(outcome.stderr.trimEnd().split('\n').toSorted()).toEqual([
    'not checked: compose.yml:4: what `web-dev 8000` starts was not found out',
    'not checked: deploy/web.service.j2 is a template of a unit; it was not read',
    expect.stringMatching(
      /^not checked: worker\.service \(deploy\/worker\.service\) starts celery with shop, and no/,
    ),
  ]);
  expect((await pycrash(['check', folder, '--quiet'])).stderr).toBe('');
});

test('two runs print the same bytes', async () => {
  for (const format of ['text', 'sarif', 'junit', 'gitlab', 'github']) {
    const [first, second] = await Promise.all([1, 2].map(() => pycrash(['check', bare, '--format', format])));
    expect(first?.stdout).toBe(second?.stdout);
    expect(first?.stdout).not.toBe('');
  }
});

test('the documents of init and report have the form of their schemas', () => {
  expect(schemaErrors('init', JSON.parse(initDocument))).toBeNull();
  expect(schemaErrors('report', JSON.parse(JSON.stringify(exampleReport())))).toBeNull();
  expect(schemaErrors('report', {})).not.toBeNull();
});

const crlf = (text: string) => text.replaceAll('\n', '\r\n');

test('--fix keeps encoding, byte order mark, line ends and tabs, and has nothing to do a second time', async () => {
  const unit = UNIT('Restart\t=\ton-fail\t\nRestartSec=2s\n# Geschäft\nLimtCORE=infinity');
  const mended = unit.replace('on-fail', 'on-failure').replace('LimtCORE', 'LimitCORE');
  const encodings: Record<string, (text: string) => Buffer> = {
    utf8: (text) => Buffer.from(text),
    'utf8-bom': (text) => Buffer.from(`\uFEFF${crlf(text)}`),
    latin1: (text) => Buffer.from(text, 'latin1'),
    utf16le: (text) => Buffer.from(`\uFEFF${crlf(text)}`, 'utf16le'),
    utf16be: (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  };
  const folder = project({});
  const pathOf = (name: string) => join(folder, `deploy/${name}.service`);
  for (const [name, bytes] of Object.entries(encodings)) writeFileSync(pathOf(name), bytes(unit));
  expect(await pycrash(['check', folder, '--fix'])).toMatchObject({
    exitCode: 0,
    stderr: '10 findings were mended\n',
  });
  expect(await pycrash(['check', folder, '--fix'])).toMatchObject({ exitCode: 0, stderr: '' });
  for (const [name, bytes] of Object.entries(encodings))
    expect([name, readFileSync(pathOf(name)).toString('hex')]).toEqual([name, bytes(mended).toString('hex')]);
});

test('--fix makes the safe edits, and nothing but them', async () => {
  const unit = UNIT('Restart=on-fail\r\nRestartSec=2s\n# LimtCORE=\n LimtCORE =infinity\nFancyKey=1\n');
  const folder = project({ 'deploy/worker.service': unit });
  const outcome = await pycrash(['check', folder, '--fix', '--json']);
  expect(outcome.stderr).toBe('2 findings were mended\n');
  expect(readFileSync(join(folder, 'deploy/worker.service'), 'utf8')).toBe(
    unit.replace('on-fail', 'on-failure').replace(' LimtCORE =', ' LimitCORE ='),
  );
  const document = JSON.parse(outcome.stdout) as Document;
  expect(document.findings.map(({ rule, line, column }) => `${rule}:${line}:${column}`)).toEqual([
    'PYC020:7:1',
  ]);
  expect(outcome.exitCode).toBe(1);
});

test('--fail-level decides over the exit code alone', async () => {
  const folder = project({ 'deploy/worker.service': UNIT('Restart=on-failure\nLimitCORE=infinity\n') });
  expect((await findings(folder)).map(({ rule }) => rule)).toEqual(['PYC013']);
  const codes = ['error', 'warning', 'info'].map((level) =>
    pycrash(['check', folder, '--fail-level', level]),
  );
  expect((await Promise.all(codes)).map(({ exitCode }) => exitCode)).toEqual([0, 1, 1]);
});

test('what is unknown is told and does not fail', async () => {
  const folder = project({
    'deploy/worker.service': UNIT('Restart=on-failure\nRestartSec=2s\nLimitCORE=infinity\nRestartSteps=3\n'),
  });
  const outcome = await pycrash(['check', folder, '--fail-level', 'info']);
  expect(outcome.exitCode).toBe(0);
  expect(outcome.stdout).toContain('deploy/worker.service:6:1: unknown RestartSteps= needs systemd 254');
  expect(outcome.stdout).toContain('systemctl --version');
  expect(await findings(folder, '--systemd-version', '257')).toEqual([]);
  expect((await findings(folder, '--systemd-version', '252')).map(({ rule }) => rule)).toEqual(['PYC021']);
});

test('a baseline holds what is there today, and only that', async () => {
  const baseline = join(scratch, 'baseline.json');
  expect(await pycrash(['check', bare, '--write-baseline', baseline])).toMatchObject({
    exitCode: 0,
    stdout: '',
  });
  expect(await pycrash(['check', bare, '--baseline', baseline])).toMatchObject({
    exitCode: 0,
    stdout: 'no findings (4 in the baseline)\n',
  });
  // written anew over itself it is the same
  const before = readFileSync(baseline);
  const again = await pycrash(['check', bare, '--baseline', baseline, '--write-baseline', baseline]);
  expect([again.stderr, readFileSync(baseline)]).toEqual([`4 findings are in ${baseline} now\n`, before]);
  const folder = mkdtempSync(join(scratch, 'baseline-'));
  cpSync(bare, folder, { recursive: true });
  const unit = join(folder, 'deploy/django-shop.service');
  writeFileSync(
    unit,
    `# moved\n\n${readFileSync(unit, 'utf8')}Restart=on-fail\n`
      .replace(/(\[Install\][^]*?)(Restart=.*\n)/, '$1')
      .replace('[Service]\n', '[Service]\nLimtCORE=1\n'),
  );
  expect((await findings(folder, '--baseline', baseline)).map(({ rule }) => rule)).toEqual(['PYC020']);
});

test.each([
  ['a baseline that is none', ['--baseline', `${ROOT}package.json`], 3, 'it has no findings'],
  ['a baseline that is not there', ['--baseline', '/nonexistent/b.json'], 3, 'cannot be read'],
  ['an unknown format', ['--format', 'xml'], 2, 'xml'],
  ['an unknown level', ['--fail-level', 'fatal'], 2, 'fatal'],
  ['a systemd that is none', ['--systemd-version', 'new'], 2, 'new'],
  ['a rule that is none', ['--explain', 'PYC999'], 2, 'there is no rule PYC999'],
])('%s is refused', async (_name, words, exitCode, message) => {
  const outcome = await pycrash(['check', bare, ...words]);
  expect(outcome).toMatchObject({ exitCode, stdout: '' });
  expect(outcome.stderr).toContain(message);
});

test('a folder without anything to check is exit code 3, and says what to do', async () => {
  const empty = join(scratch, 'empty');
  mkdirSync(empty);
  const outcome = await pycrash(['check', empty]);
  expect(outcome).toMatchObject({ exitCode: 3, stdout: '' });
  expect(outcome.stderr).toContain('no web application and no service was found');
  expect(outcome.stderr).toContain('manage.py');
});

function silenced(comment: string): string {
  return project({
    'deploy/worker.service': UNIT(`RestartSec=2s\n${comment}\nRestart=no\nLimitCORE=infinity\n`),
  });
}

test('the bundle reads YAML: a compose file and a manifest', async () => {
  const files = {
    'docker-compose.yml': 'services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n',
    'manifest.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: { name: shop }\nspec:\n  restartPolicy: Never\n' +
      '  containers:\n    - { name: web, image: shop, command: [gunicorn, shop.wsgi] }\n',
  };
  const found = await findings(project(files));
  expect(found.map(({ rule, file, line }) => `${rule} ${file}:${line}`)).toEqual([
    'PYC022 docker-compose.yml:4',
    'PYC022 manifest.yaml:5',
  ]);
});

test('a comment in a unit silences, and without a reason is a finding', async () => {
  expect(await findings(silenced('# pycrash: ignore[PYC010] a job, not a service'))).toEqual([]);
  const bareSilence = await findings(silenced('# pycrash: ignore[PYC010]'));
  expect(bareSilence.map(({ rule, line }) => `${rule}:${line}`)).toEqual(['PYC000:4']);
});

test('SARIF has the pages of the rules', async () => {
  const { stdout } = await pycrash(['check', bare, '--format', 'sarif']);
  const [run] = JSON.parse(stdout).runs;
  const page = readFileSync(`${ROOT}src/rules/PYC010-no-restart-after-abort.md`, 'utf8');
  const rules: { id: string; help: { markdown?: string } }[] = run.tool.driver.rules;
  expect(rules.find(({ id }) => id === 'PYC010')?.help.markdown).toBe(page);
  expect(rules.filter(({ help }) => help.markdown === undefined).map(({ id }) => id)).toEqual(['PYC000']);
});

test('--explain prints the page', async () => {
  const { stdout, exitCode } = await pycrash(['check', '--explain', 'pyc010']);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(readFileSync(`${ROOT}src/rules/PYC010-no-restart-after-abort.md`, 'utf8'));
});
