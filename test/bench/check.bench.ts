// `check` on repositories of 50 to 10,000 Python files that do not matter, against bare Node, Django's own check, and the
// static analysers that people run in the same place, with what each keeps of its last run and without. To reach: under 3
// times bare node on 500 files.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonEnvironment } from '../python-environment.ts';
import { djangoCheck } from './django-check.ts';
import { compare, printRatios } from './whole-process.ts';

// esbuild puts this file into .cache.
const ROOT = join(import.meta.dirname, '..');
const SIZES = [50, 500, 2000, 10_000];
const pycrash = join(ROOT, 'dist/pycrash.js');
const folder = mkdtempSync(join(tmpdir(), 'pycrash-bench-'));
try {
  const analysers = pythonEnvironment('3.11', ['ruff', 'bandit']);
  const node = { name: 'node -e 0', command: ['node', '-e', '0'] } as const;
  for (const size of SIZES) {
    const shop = repository(join(folder, String(size)), size);
    process.stdout.write(`${size} files:\n`);
    printRatios(
      compare(
        [
          node,
          { name: 'pycrash check', command: ['node', pycrash, 'check', shop] },
          {
            name: 'pycrash check --no-cache',
            command: ['node', pycrash, 'check', '--no-cache', shop],
          },
          djangoCheck(shop),
          {
            name: 'ruff check --no-cache',
            command: analysers.command('ruff', ['check', '--no-cache', '-q', '.']),
            cwd: shop,
          },
          {
            name: 'ruff check',
            command: analysers.command('ruff', ['check', '-q', '.']),
            cwd: shop,
          },
          // takes minutes for more
          ...(size > 500
            ? []
            : [
                {
                  name: 'bandit -r',
                  command: analysers.command('bandit', ['-q', '-r', '.']),
                  cwd: shop,
                },
              ]),
        ],
        5,
      ),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** django-shop, initialised and committed, with `size` modules of views beside it, 50 a package. */
function repository(root: string, size: number): string {
  cpSync(join(ROOT, 'examples/django-shop'), root, { recursive: true });
  for (let index = 0; index < size; index += 1) {
    const area = join(root, `area${Math.floor(index / 50)}`);
    mkdirSync(area, { recursive: true });
    writeFileSync(join(area, '__init__.py'), '');
    writeFileSync(join(area, `views_${index}.py`), views(index));
  }
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...words], {
      cwd: root,
    });
  git('init', '-q');
  execFileSync('node', [pycrash, 'init', '--yes', '--quiet', '--force', root]);
  git('add', '-A');
  git('commit', '-q', '-m', 'all');
  return root;
}

function views(index: number): string {
  const one = (number: number) =>
    [
      `def view_${number}(request, count):`,
      `    """Number ${number} of module ${index}."""`,
      `    total = sum(range(count)) + ${number}`,
      `    if total > ${number * 7}:`,
      `        return JsonResponse({"total": total, "name": "view_${number}"})`,
      '    return JsonResponse({}, status=404)',
    ].join('\n');
  const all = Array.from({ length: 20 }, (_, number) => one(number));
  return `from django.http import JsonResponse\n\n\n${all.join('\n\n\n')}\n`;
}
