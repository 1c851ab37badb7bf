import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { ANY_PAIR, environmentOf, LEAST, makeTree } from './django-project.ts';

const COMMAND = `from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args, **options):
        raise LookupError("a bug")
`;

const PROJECT: Record<string, string> = {
  ...LEAST,
  'shop/settings.py': 'SECRET_KEY = "x"\nMIDDLEWARE = []\nINSTALLED_APPS = ["shop"]\n',
  'shop/management/__init__.py': '',
  'shop/management/commands/__init__.py': '',
  'shop/management/commands/consume.py': COMMAND,
  'shop/management/commands/tidy.py': COMMAND,
  'shop/management/commands/report.py': COMMAND,
};

test('a command that django-admin, or python -m django, starts installs the hooks itself: it aborts, others do not', async () => {
  const root = makeTree({
    ...PROJECT,
    Procfile: 'web: gunicorn shop.wsgi\nconsumer: django-admin consume --settings shop.settings\n',
    'deploy/crontab': '5 4 * * * python3 -m django tidy\n',
  });
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  await pycrash(['init', '--only', 'library', '--yes'], { cwd: root });
  const before = (await pycrash(['check'], { cwd: root })).stdout;
  for (const name of ['consume', 'tidy']) {
    expect(before).toMatch(new RegExp(`shop/management/commands/${name}\\.py.*\\[PYC005\\]`));
  }
  await pycrash(['init', '--yes', '--force'], { cwd: root });
  expect((await pycrash(['check'], { cwd: root })).stdout).not.toContain('management/commands');
  const end = (...words: string[]): string | number | null => {
    const [program, ...rest] = environmentOf(ANY_PAIR).command(words[0] ?? '', words.slice(1));
    const { signal, status } = spawnSync('sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', program, ...rest], {
      cwd: root,
      env: {
        ...process.env,
        DJANGO_SETTINGS_MODULE: 'shop.settings',
        PYTHONPATH: root,
        PYCRASH_BUDGET_DIRECTORY: join(root, 'budget-of-the-test'),
      },
    });
    return signal ?? status;
  };
  expect(end('django-admin', 'consume')).toBe('SIGABRT');
  expect(end('python', '-m', 'django', 'tidy')).toBe('SIGABRT');
  expect(end('django-admin', 'report')).toBe(1);
  const removed = await pycrash(['remove', '--yes', '--force'], { cwd: root });
  expect(removed.exitCode, removed.stderr).toBe(0);
  expect(end('django-admin', 'consume')).toBe(1);
});

test('a command of a library is named, with what to do', async () => {
  const root = makeTree({
    ...PROJECT,
    Procfile: 'web: gunicorn shop.wsgi\nmail: django-admin send_queued\n',
  });
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const { stderr } = await pycrash(['init', '--dry-run'], { cwd: root });
  expect(stderr).toContain('note: Procfile:2: send_queued is started without manage.py');
});
