import { execa } from 'execa';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example } from './verify/example.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface ActionStep {
  id?: string;
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  'working-directory'?: string;
}

let shop: Example;
let keys: { home: string; public: string };
beforeAll(async () => {
  shop = await Example.initialised('django-shop');
  const home = join(shop.folder, 'keys');
  mkdirSync(home, { mode: 0o700 });
  const gpg = ['--batch', '--quiet', '--homedir', home];
  await execa('gpg', [
    ...gpg,
    '--passphrase',
    '',
    '--quick-generate-key',
    'ci@example.org',
    'default',
    'encr',
  ]);
  keys = { home, public: (await execa('gpg', [...gpg, '--armor', '--export'])).stdout };
});
afterAll(() => shop.remove());

/** Runs the steps of action.yml as a runner does, with these inputs; stops at the first that fails. */
async function runAction(name: string, inputs: Record<string, string>) {
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default: string }>;
    runs: { steps: ActionStep[] };
  };
  const temporary = join(shop.folder, name);
  mkdirSync(temporary);
  const files = { output: join(temporary, 'output'), summary: join(temporary, 'summary.md') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const values = new Map<string, string>([
    ['github.action_path', ROOT],
    ['runner.temp', temporary],
    ...Object.entries(action.inputs).map(
      ([input, { default: value }]) => [`inputs.${input}`, value] as const,
    ),
    ...Object.entries(inputs).map(([input, value]) => [`inputs.${input}`, value] as const),
  ]);
  const expand = (text: string): string =>
    text.replaceAll(/\$\{\{ *([\w.-]+) *\}\}/g, (_, expression: string) => {
      const value = values.get(expression);
      if (value === undefined) throw new Error(`action.yml names ${expression}, which nothing sets`);
      return value;
    });
  const outcome = { exitCode: 0, stdout: '', stderr: '' };
  for (const step of action.runs.steps) {
    const [, input, wanted] = /(inputs\.[\w-]+) == '(\w+)'/.exec(step.if ?? '') ?? [];
    if (step.run === undefined || (input !== undefined && values.get(input) !== wanted)) continue;
    const env = Object.entries(step.env ?? {}).map(([key, value]) => [key, expand(value)] as const);
    const result = await execa('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd:
        expand(step['working-directory'] ?? '.') === '.'
          ? shop.root
          : expand(step['working-directory'] ?? '.'),
      env: {
        ...Object.fromEntries(env),
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        RUNNER_TEMP: temporary,
        XDG_STATE_HOME: join(shop.folder, 'state'),
        // --keep leaves the cores there
        TMPDIR: shop.folder,
        PYCRASH: '',
      },
      reject: false,
    });
    outcome.stdout += result.stdout;
    outcome.stderr += result.stderr;
    for (const line of readFileSync(files.output, 'utf8').split('\n')) {
      const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      if (step.id !== undefined && key !== undefined)
        values.set(`steps.${step.id}.outputs.${key}`, value ?? '');
    }
    writeFileSync(files.output, '');
    outcome.exitCode = result.exitCode ?? -1;
    if (outcome.exitCode !== 0) break;
  }
  return { ...outcome, temporary, summary: readFileSync(files.summary, 'utf8') };
}

async function decryptedReport(folder: string): Promise<string> {
  const name = readdirSync(folder).find((file) => file.endsWith('.gpg'));
  const core = join(folder, 'decrypted');
  const words = ['--batch', '--quiet', '--homedir', keys.home, '--output', core];
  await execa('gpg', [...words, '--decrypt', join(folder, name ?? 'no core')]);
  return (await pycrash(['report', core])).stdout;
}

test('the action checks, verifies, tells the steps, and lets cores out encrypted only', async (context) => {
  needs(context, 'plain core pattern');
  const run = await runAction('good', {
    arguments: `--supervisor none --python ${shop.python} --env DJANGO_SECRET_KEY=of-the-test`,
    'public-key': keys.public,
  });
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.summary).toContain('## pycrash verify: gunicorn, every step held');
  expect(run.summary).toMatch(/^\| ok \| core-present \| .+ \| \d+\.\d s \|$/m);
  expect(run.summary).toContain('PlantedError');
  expect(run.summary).not.toContain('of-the-test');
  const folder = join(run.temporary, 'pycrash');
  expect(JSON.parse(readFileSync(join(folder, 'verify.json'), 'utf8'))).toMatchObject({ ok: true });
  expect(await decryptedReport(folder)).toContain('PlantedError');
});

test('the action fails at the line that is not wired, and verifies nothing then', async () => {
  const settings = join(shop.root, 'shop/settings/base.py');
  const text = readFileSync(settings, 'utf8');
  const wired = text.split('\n').findIndex((line) => line.includes('AbortOnUncaughtExceptionMiddleware'));
  writeFileSync(settings, text.split('\n').toSpliced(wired, 1).join('\n'));
  try {
    const run = await runAction('unwired', { verify: 'true' });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/^::(error|warning) file=shop\/settings\/base\.py,line=\d+/m);
    expect(run.summary).toBe('');
  } finally {
    writeFileSync(settings, text);
  }
});

test('the job for GitLab verifies and keeps the encrypted core', async (context) => {
  needs(context, 'plain core pattern');
  const template = parse(readFileSync(join(ROOT, 'templates/ci/pycrash.gitlab-ci.yml'), 'utf8')) as {
    variables: Record<string, string>;
    'pycrash-verify': { script: string[] };
  };
  // what the registry would give
  const bin = join(shop.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'npx'),
    `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${ROOT}dist/pycrash.js" "$@"\n`,
    {
      mode: 0o755,
    },
  );
  const key = join(shop.folder, 'public-key.asc');
  writeFileSync(key, keys.public);
  const run = await execa('bash', ['-eo', 'pipefail', '-c', template['pycrash-verify'].script.join('\n')], {
    cwd: shop.root,
    env: {
      ...template.variables,
      PYCRASH_INSTALL: 'true',
      PYCRASH_ARGUMENTS: `--supervisor none --python ${shop.python} --env DJANGO_SECRET_KEY=of-the-test`,
      PYCRASH_PUBLIC_KEY: key,
      PYCRASH: '',
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      XDG_STATE_HOME: join(shop.folder, 'state'),
      TMPDIR: shop.folder,
    },
    reject: false,
  });
  expect(run.exitCode, run.stderr).toBe(0);
  const folder = join(shop.root, 'pycrash');
  expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('every step held');
  expect(await decryptedReport(folder)).toContain('PlantedError');
});
