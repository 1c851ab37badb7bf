import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { pycrash, type Outcome } from '../pycrash.ts';
import { commitAll, makeTree, snapshot } from './django-project.ts';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

const SETTINGS = "SECRET_KEY = 'x'\nROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = [\n    'a.A',\n]\n";

function djangoFiles(name = 'shop'): Record<string, string> {
  return {
    'manage.py':
      `import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '${name}.settings')\n` +
      'from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n',
    [`${name}/__init__.py`]: '',
    [`${name}/settings.py`]: SETTINGS,
    [`${name}/urls.py`]: 'urlpatterns = []\n',
    [`${name}/wsgi.py`]:
      `import os\nfrom django.core.wsgi import get_wsgi_application\n` +
      `os.environ.setdefault('DJANGO_SETTINGS_MODULE', '${name}.settings')\napplication = get_wsgi_application()\n`,
  };
}

function inTree(files: Record<string, string | Uint8Array>, git = true): string {
  const root = makeTree(files, git);
  trees.push(root);
  return root;
}

async function init(root: string, ...args: string[]): Promise<Outcome & { untouched: boolean }> {
  const before = snapshot(root);
  const outcome = await pycrash(['init', ...args], { cwd: root });
  return { ...outcome, untouched: JSON.stringify(snapshot(root)) === JSON.stringify(before) };
}

describe('what init cannot do', () => {
  test('no Django: says what it looked for', async () => {
    const outcome = await init(inTree({ 'main.py': 'print(1)\n' }), '--yes');
    expect(outcome).toMatchObject({ exitCode: 3, stdout: '', untouched: true });
    expect(outcome.stderr).toContain('no Django project was found in');
    expect(outcome.stderr).toContain('Run init in the folder that has manage.py');
  });

  test('no such folder', async () => {
    const outcome = await pycrash(['init', '/nowhere/at/all', '--yes']);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outcome.stderr).toContain('/nowhere/at/all is not a folder');
  });

  test('several projects: names them; --settings or the folder chooses', async () => {
    const files: Record<string, string> = {};
    for (const [path, text] of Object.entries(djangoFiles('shop'))) files[`one/${path}`] = text;
    for (const [path, text] of Object.entries(djangoFiles('blog'))) files[`two/${path}`] = text;
    const root = inTree(files);
    const outcome = await init(root, '--yes');
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '', untouched: true });
    expect(outcome.stderr).toContain('there are 2 Django projects');
    expect(outcome.stderr).toContain('--settings shop.settings   (one)');
    expect(outcome.stderr).toContain('--settings blog.settings   (two)');
    expect(await init(root, '--yes', '--settings', 'blog.settings')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(root, 'two/blog/settings.py'), 'utf8')).toContain("'blog.abort_on_exception.");
    expect(readFileSync(join(root, 'one/shop/settings.py'), 'utf8')).toBe(SETTINGS);
  });

  test('--settings that is not there', async () => {
    const outcome = await init(inTree(djangoFiles()), '--yes', '--settings', 'shop.live');
    expect(outcome).toMatchObject({ exitCode: 2, untouched: true });
    expect(outcome.stderr).toContain('there is no settings module shop.live');
    expect(outcome.stderr).toContain('There are: shop.settings');
  });

  test.each([
    [
      'a merge conflict',
      { 'shop/settings.py': `<<<<<<< HEAD\n${SETTINGS}=======\n>>>>>>> x\n` },
      'shop/settings.py:1:1: not valid Python 3: an unresolved merge conflict',
    ],
    [
      'a bracket too many in what production imports',
      {
        'shop/base.py': "MIDDLEWARE = [[\n    'a.A',\n]\n",
        'shop/settings.py': "from .base import *\nMIDDLEWARE += ['b.B']\n",
      },
      "shop/base.py:1:14: not valid Python 3: '[' was never closed",
    ],
    [
      'a bracket too many in a base whose MIDDLEWARE production replaces',
      {
        'shop/settings_base.py': 'APPS = [[\n]\n',
        'shop/settings.py': "from .settings_base import *\nMIDDLEWARE = ['b.B']\n",
      },
      "shop/settings_base.py:1:8: not valid Python 3: '[' was never closed",
    ],
    [
      'a bracket too few',
      { 'shop/settings.py': `${SETTINGS}X = (1, 2]\n` },
      "not valid Python 3: unmatched ']'",
    ],
    [
      'a string without its end',
      { 'shop/settings.py': `${SETTINGS}NAME = "x\n` },
      'not valid Python 3: unterminated string literal',
    ],
    [
      'a long string without its end',
      { 'shop/settings.py': `${SETTINGS}NAME = """x\n` },
      'not valid Python 3: unterminated string literal',
    ],
    [
      'a statement that is none',
      { 'shop/settings.py': `${SETTINGS}def (:\n    pass\n` },
      'not valid Python 3: ',
    ],
  ])(
    'settings that do not parse, %s: nothing is written, and check says it',
    async (_what, files: Record<string, string>, message) => {
      const root = inTree({ ...djangoFiles(), ...files });
      const outcome = await init(root, '--yes');
      expect(outcome).toMatchObject({ exitCode: 3, untouched: true });
      expect(outcome.stderr).toContain(message);
      expect(outcome.stderr).toContain('Nothing was written');
      const { stdout, exitCode } = await pycrash(['check'], { cwd: root });
      expect([exitCode, stdout]).toEqual([
        1,
        expect.stringMatching(
          /shop\/(settings|base|settings_base)\.py:\d+:\d+: error not valid Python 3: .*\[PYC060\]/,
        ),
      ]);
    },
  );

  test('check finds a base of the settings that does not parse, though the production module does not name it', async () => {
    const root = inTree({
      ...djangoFiles(),
      'shop/settings.py': `import importlib\n${SETTINGS}globals().update(vars(importlib.import_module("shop.settings_" + "base")))\n`,
      'shop/settings_base.py': `${SETTINGS}X = (1, 2]\n`,
    });
    expect((await pycrash(['check'], { cwd: root })).stdout).toMatch(
      /^shop\/settings_base\.py:.*\[PYC060\]/m,
    );
  });

  test('development settings that do not parse stop nothing', async () => {
    const files = djangoFiles();
    const manage = (files['manage.py'] ?? '').replace('shop.settings', 'shop.settings_dev');
    const root = inTree({ ...files, 'manage.py': manage, 'shop/settings_dev.py': `${SETTINGS}X = (1, 2]\n` });
    expect((await init(root, '--yes')).exitCode).toBe(0);
    expect((await pycrash(['check'], { cwd: root })).stdout).not.toContain('PYC060');
  });

  test('neither settings nor wsgi.py can be edited: what to paste where, exit code 1, nothing written', async () => {
    const root = inTree({
      ...djangoFiles(),
      'shop/settings.py': 'MIDDLEWARE = make()\n',
      'shop/wsgi.py':
        'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application(\n',
    });
    const outcome = await init(root, '--yes');
    expect(outcome).toMatchObject({ exitCode: 1, untouched: true });
    expect(outcome.stdout).toContain("'shop.abort_on_exception.AbortOnUncaughtExceptionMiddleware'");
    expect(outcome.stdout).toContain('from shop.abort_on_exception import wrap_wsgi');
    const json = await pycrash(['init', '--yes', '--json'], { cwd: root });
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      applied: false,
      files: [{ action: 'manual' }, { action: 'manual' }],
    });
  });

  test('a file of somebody else where the module goes is not written over', async () => {
    const root = inTree({ ...djangoFiles(), 'shop/abort_on_exception.py': 'mine = 1\n' });
    const outcome = await init(root, '--yes');
    expect(outcome).toMatchObject({ exitCode: 1, untouched: true });
    expect(outcome.stdout).toContain('shop/abort_on_exception.py is not a file that pycrash wrote');
  });

  test('settings behind a link that leaves the tree', async () => {
    const outside = inTree({ 'settings.py': SETTINGS });
    const files = djangoFiles();
    delete files['shop/settings.py'];
    const root = inTree(files);
    symlinkSync(join(outside, 'settings.py'), join(root, 'shop/settings.py'));
    commitAll(root);
    const outcome = await init(root, '--yes');
    expect(outcome.stderr).toContain('outside of the repository');
    expect(readFileSync(join(outside, 'settings.py'), 'utf8')).toBe(SETTINGS);
  });

  test.each([
    [
      'a read-only tree',
      'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"',
      'the file system is read-only',
    ],
    [
      'an unwritable folder of units',
      'mkdir -p "$1/deploy"; mount --bind "$1/deploy" "$1/deploy"; mount -o remount,ro,bind "$1/deploy"',
      'cannot write deploy/shop.service: the file system is read-only',
    ],
    [
      'a full disk',
      'mkdir "$1.full"; mount -t tmpfs -o size=200k tmpfs "$1.full"; cp -a "$1/." "$1.full"; mount --move "$1.full" "$1"; rmdir "$1.full"; head -c 1M /dev/zero > "$1/zero" || true',
      'the disk is full',
    ],
  ])('%s: nothing is written', (_name, mount, message) => {
    if (process.getuid?.() !== 0) return;
    const root = inTree(djangoFiles(), false);
    const script =
      `mount --make-rprivate /; ${mount} 2>/dev/null\ncd "$1"; find . -type f | sort | xargs md5sum > /dev/shm/init-$$\n` +
      `"$2" "$3" init --yes && exit 9 || [ $? = 3 ]\nfind . -type f | sort | xargs md5sum | cmp - /dev/shm/init-$$; rm /dev/shm/init-$$`;
    const bin = new URL('../../../dist/pycrash.js', import.meta.url).pathname;
    const output = execFileSync(
      'unshare',
      ['--mount', 'sh', '-ec', `(${script}) 2>&1`, 'sh', root, process.execPath, bin],
      { encoding: 'utf8' },
    );
    expect(output).toContain(message);
    expect(output).toContain('Nothing was changed');
  });

  test('a tree with uncommitted changes asks first; --force goes on', async () => {
    const root = inTree(djangoFiles());
    appendFileSync(join(root, 'shop/urls.py'), '# work\n');
    const outcome = await init(root, '--yes');
    expect(outcome).toMatchObject({ exitCode: 2, untouched: true });
    expect(outcome.stderr).toContain('there are changes that are not committed: shop/urls.py');
    expect(outcome.stderr).toContain('--force');
    expect(await init(root, '--yes', '--force')).toMatchObject({ exitCode: 0 });
    // what init itself has written is no work of the user
    execFileSync('git', ['checkout', '-q', 'shop/urls.py'], { cwd: root });
    expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
  });

  test('without git it works all the same, and writes no .gitignore', async () => {
    const root = inTree(djangoFiles(), false);
    const before = snapshot(root);
    const outcome = await init(root, '--yes');
    expect(outcome.exitCode).toBe(0);
    expect(Object.keys(snapshot(root))).not.toContain('.gitignore');
    await pycrash(['remove', '--yes'], { cwd: root });
    expect(snapshot(root)).toEqual(before);
  });

  test.each([
    [
      'Python 2',
      { 'shop/settings.py': "print 'hello'\nMIDDLEWARE = ['a.A']\n" },
      'is Python 2',
      'Bring the project to Python 3',
    ],
    [
      'MIDDLEWARE_CLASSES',
      { 'shop/settings.py': "MIDDLEWARE_CLASSES = ['a.A']\n" },
      'sets MIDDLEWARE_CLASSES',
      'Bring the project to a newer Django',
    ],
  ])('%s is refused', async (_name, files, message, help) => {
    const outcome = await init(inTree({ ...djangoFiles(), ...files }), '--yes');
    expect(outcome).toMatchObject({ exitCode: 3, stdout: '', untouched: true });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).toContain(help);
  });

  test('an entry that claims the first place, and an insert that counts, are said', async () => {
    const root = inTree({
      ...djangoFiles(),
      'shop/settings.py':
        "MIDDLEWARE = [\n    # must be first\n    'a.A',\n    'b.B',\n]\nMIDDLEWARE.insert(1, 'c.C')\n",
    });
    const { stdout } = await pycrash(['init', '--dry-run', '--json'], { cwd: root });
    const { notes } = JSON.parse(stdout) as { notes: { code: string; line?: number }[] };
    expect(notes).toMatchObject([
      { code: 'index-shift', line: 6 },
      { code: 'other-wants-first', line: 3 },
    ]);
  });

  test('a broken manifest is said, not guessed around', async () => {
    const root = inTree({ ...djangoFiles(), '.pycrash.json': '{"schemaVersion": 1' });
    const outcome = await init(root, '--yes');
    expect(outcome).toMatchObject({ exitCode: 3, untouched: true });
    expect(outcome.stderr).toContain('.pycrash.json cannot be read');
  });
});

describe('after local edits', () => {
  test('remove takes out exactly what init put in', async () => {
    const root = inTree(djangoFiles());
    await init(root, '--yes');
    const settings = join(root, 'shop/settings.py');
    writeFileSync(
      settings,
      `# new first line\n${readFileSync(settings, 'utf8').replace("'a.A',", "'a.A',\n    'b.B',")}`,
    );
    const outcome = await pycrash(['remove', '--yes', '--force'], { cwd: root });
    expect(outcome.exitCode).toBe(0);
    expect(readFileSync(settings, 'utf8')).toBe(
      `# new first line\n${SETTINGS.replace("'a.A',", "'a.A',\n    'b.B',")}`,
    );
    expect(Object.keys(snapshot(root)).sort()).toEqual(
      [
        'manage.py',
        'shop',
        ...['__init__', 'settings', 'urls', 'wsgi'].map((name) => `shop/${name}.py`),
      ].sort(),
    );
  });

  test('a generated file that was edited is kept by init and remove; remove --force deletes it', async () => {
    const root = inTree(djangoFiles());
    await init(root, '--yes');
    appendFileSync(join(root, 'CRASHES.md'), '\nCall Jane.\n');
    commitAll(root);
    const again = await init(root, '--yes');
    expect(again).toMatchObject({ exitCode: 0, untouched: true });
    expect(again.stdout).toContain('CRASHES.md: edited by hand since');
    const removed = await pycrash(['remove', '--yes'], { cwd: root });
    expect(removed.stderr).toContain('CRASHES.md was edited by hand and stays');
    expect(Object.keys(snapshot(root)).sort()).toEqual(
      [
        '.pycrash.json',
        'CRASHES.md',
        'manage.py',
        'shop',
        ...['__init__', 'settings', 'urls', 'wsgi'].map((name) => `shop/${name}.py`),
      ].sort(),
    );
    // as the note says
    expect(removed.stderr).toContain('`pycrash remove --force` deletes it too');
    expect(await pycrash(['remove', '--yes', '--force'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(Object.keys(snapshot(root))).not.toContain('CRASHES.md');
    expect(Object.keys(snapshot(root))).not.toContain('.pycrash.json');
  });

  test('an entry that a formatter has rewritten is taken out all the same', async () => {
    const root = inTree(djangoFiles());
    await init(root, '--yes');
    const settings = join(root, 'shop/settings.py');
    writeFileSync(settings, readFileSync(settings, 'utf8').replaceAll("'", '"'));
    commitAll(root);
    const outcome = await pycrash(['remove', '--yes'], { cwd: root });
    expect(readFileSync(settings, 'utf8')).toBe(SETTINGS.replaceAll("'", '"'));
    expect(outcome.exitCode).toBe(0);
  });
});

describe('upgrade', () => {
  test('brings generated files up to date and keeps local edits', async () => {
    const root = inTree(djangoFiles());
    await init(root, '--yes', '--systemd-version', '239');
    const unit = join(root, 'deploy/shop.service');
    writeFileSync(unit, readFileSync(unit, 'utf8').replace('User=www-data', 'User=shop'));
    commitAll(root);
    expect(await pycrash(['upgrade'], { cwd: root })).toMatchObject({
      exitCode: 0,
      stderr: 'Everything is up to date.\n',
    });
    const outcome = await pycrash(['upgrade', '--yes', '--systemd-version', '254'], { cwd: root });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: 'Done.\n' });
    const text = readFileSync(unit, 'utf8');
    expect(text).toContain('User=shop\n');
    expect(text).toContain('RestartSteps=5\n');
  });

  test('a module that was edited by hand stays so; upgrade --force gives the edit up', async () => {
    const root = inTree(djangoFiles());
    await init(root, '--yes');
    const module = join(root, 'shop/abort_on_exception.py');
    const written = readFileSync(module, 'utf8');
    appendFileSync(module, '# mine\n');
    commitAll(root);
    const again = await init(root, '--yes');
    expect(again).toMatchObject({ exitCode: 0, untouched: true });
    expect(again.stdout).toContain('shop/abort_on_exception.py: edited by hand since');
    expect(await pycrash(['upgrade', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(module, 'utf8')).toBe(`${written}# mine\n`);
    const removed = await pycrash(['remove', '--dry-run'], { cwd: root });
    expect(removed.stderr).toContain('shop/abort_on_exception.py was edited by hand and stays');
    await pycrash(['upgrade', '--yes', '--force'], { cwd: root });
    expect(readFileSync(module, 'utf8')).toBe(written);
  });

  test('a line that both have changed is named, and nothing is written', async () => {
    const root = inTree(djangoFiles());
    await init(root, '--yes', '--systemd-version', '239');
    const unit = join(root, 'deploy/shop.service');
    writeFileSync(unit, readFileSync(unit, 'utf8').replace('RestartSec=1s\n', 'RestartSec=9s\n'));
    commitAll(root);
    const before = snapshot(root);
    const outcome = await pycrash(['upgrade', '--yes', '--systemd-version', '254'], { cwd: root });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stdout).toMatch(
      /deploy\/shop\.service was edited by hand where the new version differs too \(lines \d+/,
    );
    expect(snapshot(root)).toEqual(before);
  });
});

test('remove without init', async () => {
  const outcome = await pycrash(['remove', '--yes'], { cwd: inTree(djangoFiles()) });
  expect(outcome).toMatchObject({ exitCode: 3, stdout: '' });
  expect(outcome.stderr).toContain('init has not been run here');
});
