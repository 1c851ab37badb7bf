import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { verifyUnits } from '../../systemd-verify.ts';
import { pycrash } from '../pycrash.ts';
import { environmentOf, middlewareOf, PAIRS, run, snapshot, startProject } from './django-project.ts';

const OURS = 'shop.abort_on_exception.AbortOnUncaughtExceptionMiddleware';
const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

describe.each(PAIRS)('a new project of $django on Python $python', (pair) => {
  test('init wires it, again there is nothing to do, and remove restores every byte', async () => {
    const python = environmentOf(pair);
    const root = startProject(pair);
    trees.push(root);
    const before = snapshot(root);
    const list = middlewareOf(python, root, 'shop.settings');

    const first = await pycrash(['--yes'], { cwd: root, bin: 'pycrash-init' });
    expect(first.stderr).toBe('Done. Next: `pycrash check`, then `pycrash verify`; commit the changes.\n');
    expect(first.exitCode).toBe(0);
    expect(middlewareOf(python, root, 'shop.settings')).toEqual([OURS, ...list]);
    expect(run(python, 'python', ['-W', 'error', 'manage.py', 'check'], root)).toContain('no issues');
    const boot =
      'import shop.wsgi, shop.asgi; print(callable(shop.wsgi.application), callable(shop.asgi.application))';
    expect(run(python, 'python', ['-W', 'error', '-c', boot], root)).toBe('True True\n');
    execFileSync('git', ['diff', '--check'], { cwd: root });

    const wired = snapshot(root);
    const second = await pycrash(['init'], { cwd: root });
    expect(second).toEqual({ exitCode: 0, stdout: '', stderr: 'Nothing to do: crash handling is set up.\n' });
    expect(snapshot(root)).toEqual(wired);

    const removed = await pycrash(['remove', '--yes'], { cwd: root });
    expect(removed).toMatchObject({ exitCode: 0, stderr: 'Done.\n' });
    expect(snapshot(root)).toEqual(before);
  });
});

describe('a new project', () => {
  test('gets a systemd unit that systemd takes, a workflow, and a .gitignore that keeps a folder core/', async () => {
    const root = startProject({ django: 'django==5.2.*', python: '3.11' });
    trees.push(root);
    await pycrash(['init', '--yes'], { cwd: root });
    const unit = readFileSync(join(root, 'deploy/shop.service'), 'utf8');
    const here = unit.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true').replace(/^User=.*$/m, 'User=root');
    expect(verifyUnits({ 'shop.service': here })).toEqual({ status: 0, output: '' });
    expect(existsSync(join(root, '.github/workflows/pycrash.yml'))).toBe(true);
    const ignored = (path: string): boolean => {
      try {
        execFileSync('git', ['check-ignore', '-q', path], { cwd: root });
        return true;
      } catch {
        return false;
      }
    };
    execFileSync('mkdir', ['-p', join(root, 'app/core')], { cwd: root });
    expect({
      core: ignored('core'),
      numbered: ignored('core.1234'),
      below: ignored('shop/core'),
      application: ignored('app/core/models.py'),
      module: ignored('shop/core.py'),
    }).toEqual({ core: true, numbered: true, below: true, application: false, module: false });
  });

  test('--json is the document of the design, and --dry-run writes nothing', async () => {
    const root = startProject({ django: 'django==5.2.*', python: '3.11' });
    trees.push(root);
    const before = snapshot(root);
    const { stdout, exitCode } = await pycrash(['init', '--dry-run', '--json'], { cwd: root });
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout) as { files: { path: string; action: string; diff?: string }[] };
    expect(document).toMatchObject({
      schemaVersion: 1,
      applied: false,
      notes: [],
      project: { framework: 'django', settings: ['shop.settings'], servers: [], supervisors: [] },
    });
    const actions = Object.fromEntries(document.files.map(({ path, action }) => [path, action]));
    expect(actions).toMatchObject({
      'shop/abort_on_exception.py': 'create',
      'shop/settings.py': 'edit',
      'shop/wsgi.py': 'edit',
      'deploy/shop.service': 'create',
      '.github/workflows/pycrash.yml': 'create',
      '.gitignore': 'create',
      'CRASHES.md': 'create',
      '.pycrash.json': 'create',
    });
    expect(document.files.find(({ path }) => path === 'shop/wsgi.py')?.diff).toBe(
      [
        '--- a/shop/wsgi.py',
        '+++ b/shop/wsgi.py',
        '@@ -11,6 +11,8 @@',
        ' ',
        ' from django.core.wsgi import get_wsgi_application',
        ' ',
        '+from shop.abort_on_exception import wrap_wsgi',
        '+',
        " os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
        ' ',
        '-application = get_wsgi_application()',
        '+application = wrap_wsgi(get_wsgi_application())',
        '',
      ].join('\n'),
    );
    expect(snapshot(root)).toEqual(before);
  });

  test('without a terminal and without --yes it shows the plan and ends with 2', async () => {
    const root = startProject({ django: 'django==5.2.*', python: '3.11' });
    trees.push(root);
    const before = snapshot(root);
    const { stdout, stderr, exitCode } = await pycrash(['init'], { cwd: root });
    expect(exitCode).toBe(2);
    expect(stdout).toContain(`+    '${OURS}',`);
    expect(stderr).toContain('Pass --yes');
    expect(snapshot(root)).toEqual(before);
  });

  test('--only leaves the rest out', async () => {
    const root = startProject({ django: 'django==5.2.*', python: '3.11' });
    trees.push(root);
    const before = snapshot(root);
    await pycrash(['init', '--yes', '--only', 'library,settings'], { cwd: root });
    const after = snapshot(root);
    const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
    expect(changed.sort()).toEqual(['.pycrash.json', 'shop/abort_on_exception.py', 'shop/settings.py']);
    const wrong = await pycrash(['init', '--only', 'everything'], { cwd: root });
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
    expect(wrong.stderr).toContain("--only does not know 'everything'");
  });
});
