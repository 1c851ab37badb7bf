import { spawn as spawnOnTerminal } from '@lydell/node-pty';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { needs } from '../../parts.ts';
import { pythonEnvironment } from '../../python-environment.ts';
import { pycrash } from '../pycrash.ts';
import { makeTree, snapshot } from './django-project.ts';
import { children, example, folders, newFolder, until } from './example-repository.ts';

async function rules(root: string): Promise<string[]> {
  const { findings } = JSON.parse((await pycrash(['check', '--json'], { cwd: root })).stdout) as {
    findings: { rule: string; level: string; file: string; help: string }[];
  };
  return findings.map(({ rule, level, file }) => `${rule} ${level} ${file}`);
}

test('init, again nothing to do, check without the call, remove byte for byte', async () => {
  const root = example('worker-shop');
  const before = snapshot(root);
  expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
  const wired = snapshot(root);
  expect(await pycrash(['init'], { cwd: root })).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^note: [^\n]*\nNothing to do: crash handling is set up\.\n$/) as string,
  });
  expect(snapshot(root)).toEqual(wired);
  expect(await rules(root)).toEqual([]);
  const script = join(root, 'worker.py');
  const text = readFileSync(script, 'utf8');
  writeFileSync(script, text.replace('    install()\n', ''));
  expect(await rules(root)).toEqual(['PYC005 error worker.py']);
  writeFileSync(script, text);
  expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(snapshot(root)).toEqual(before);
});

const INSTALLED: Record<string, string> = {
  'pyproject.toml': '[project]\nname = "bot"\n\n[project.scripts]\nbot = "bot:main"\n',
  'bot.service': '[Service]\nExecStart=/srv/bot/venv/bin/bot --loop\n',
};

test.each<{ what: string; text: string; wired: string; files?: Record<string, string> }>([
  {
    what: 'first in what only the program runs, with CRLF and tabs',
    text: 'import x\r\n\r\nif __name__ == "__main__":\r\n\t# now\r\n\tx.run()\r\n',
    wired:
      'import x\r\n\r\nif __name__ == "__main__":\r\n\t# now\r\n\tfrom abort_on_exception import install\r\n\r\n\tinstall()\r\n\tx.run()\r\n',
  },
  {
    what: 'behind the imports of a program without that',
    text: '"""Runs."""\nimport x\nfrom y import z\n\nwhile True:\n    x.run(z)\n',
    wired:
      '"""Runs."""\nimport x\nfrom y import z\nfrom abort_on_exception import install\n\ninstall()\n\nwhile True:\n    x.run(z)\n',
  },
  {
    what: 'a program without any import',
    text: 'print(1)\n',
    wired: 'from abort_on_exception import install\n\ninstall()\n\nprint(1)\n',
  },
  {
    what: 'first in the function that an installed command calls, behind its docstring, not in what only the program runs',
    text: 'import click\n\n\n@click.command()\ndef main(x):\n    """Runs."""\n    x.run()\n\n\nif __name__ == "__main__":\n    main()\n',
    wired:
      'import click\n\n\n@click.command()\ndef main(x):\n    """Runs."""\n    from abort_on_exception import install\n\n    install()\n    x.run()\n\n\nif __name__ == "__main__":\n    main()\n',
    files: INSTALLED,
  },
  {
    what: 'behind the imports of a module of which an installed command calls an object',
    text: 'import typer\n\nmain = typer.Typer()\n\nif __name__ == "__main__":\n    main()\n',
    wired:
      'import typer\nfrom abort_on_exception import install\n\ninstall()\n\nmain = typer.Typer()\n\nif __name__ == "__main__":\n    main()\n',
    files: INSTALLED,
  },
])('the call goes $what', async ({ text, wired, files = { Procfile: 'bot: python bot.py\n' } }) => {
  const root = makeTree({ ...files, 'bot.py': text });
  folders.push(root);
  await pycrash(['init', '--yes', '--only', 'library,entry-points'], { cwd: root });
  expect(readFileSync(join(root, 'bot.py'), 'utf8')).toBe(wired);
  expect((await rules(root)).filter((one) => one.startsWith('PYC00'))).toEqual([]);
});

test('where there is no line for it, nothing is written and the call is printed', async () => {
  const root = makeTree({
    Procfile: 'bot: python bot.py\n',
    'bot.py': 'if __name__ == "__main__": print(1)\n',
  });
  folders.push(root);
  const before = snapshot(root);
  const { stdout, stderr } = await pycrash(['init', '--yes'], { cwd: root });
  expect(stdout + stderr).toContain(
    'Paste this where the program begins: from abort_on_exception import install; install()',
  );
  expect(snapshot(root)).toEqual(before);
});

test('an exception that ends it leaves a core at its frame, and supervisord starts it again', async (context) => {
  needs(context, 'supervisord');
  const root = example('worker-shop');
  await pycrash(['init', '--yes'], { cwd: root });
  const own = newFolder();
  const orders = join(own, 'orders');
  for (const folder of [orders, join(own, 'budget')]) mkdirSync(folder, { mode: 0o700 });
  const [file, ...args] = pythonEnvironment('3.13', []).command('python', [join(root, 'worker.py'), orders]);
  writeFileSync(
    join(own, 'supervisord.conf'),
    `[supervisord]\nlogfile=${own}/log\npidfile=${own}/pid\nuser=root\n[program:worker]\ncommand=${[file, ...args].join(' ')}\n` +
      `directory=${own}\nautorestart=true\nstdout_logfile=${own}/out\nstderr_logfile=${own}/err\n` +
      `environment=PYCRASH_BUDGET_DIRECTORY="${own}/budget"\n`,
  );
  children.push(
    spawn('sh', ['-c', 'ulimit -c unlimited; exec supervisord -n -c supervisord.conf'], {
      cwd: own,
      stdio: 'ignore',
    }),
  );
  const starts = (): number =>
    existsSync(join(own, 'out')) ? readFileSync(join(own, 'out'), 'utf8').split('ready').length - 1 : 0;
  await until(() => (starts() === 1 ? true : undefined));
  writeFileSync(join(orders, '1.json'), '{"cents": 2900, "voucher": "SPRING"}');
  await until(() => (starts() === 2 ? true : undefined));
  writeFileSync(join(orders, '2.json'), '{"cents": 2900, "voucher": "SUMMER"}');
  await until(() => (readFileSync(join(own, 'out'), 'utf8').includes('2610') ? true : undefined));
  const { stdout } = await pycrash(['report', join(own, 'core'), '--json'], { cwd: root });
  const [raised] = (JSON.parse(stdout) as CrashReport).exceptions[0]?.chain ?? [];
  expect(raised).toMatchObject({ type: 'KeyError' });
  expect(raised?.frames.map((frame) => frame.function)).toEqual(['<module>', 'main', 'bill', 'discount']);
  expect(raised?.frames.at(-1)).toMatchObject({
    file: join(root, 'worker.py'),
    line: 12,
    locals: { cents: { repr: '2900' }, voucher: { repr: "'SPRING'" } },
  });
  expect(readFileSync(join(own, 'err'), 'utf8')).toContain('pycrash: uncaught builtins.KeyError');
});

test('run by hand on a terminal it does not abort, unless that is asked for', async () => {
  const root = example('worker-shop');
  await pycrash(['init', '--yes'], { cwd: root });
  mkdirSync(join(root, 'orders'));
  mkdirSync(join(root, 'budget'), { mode: 0o700 });
  const [command, ...words] = pythonEnvironment('3.13', []).command('python', ['worker.py', 'orders']);
  const order = (): void => writeFileSync(join(root, 'orders/1.json'), '{"cents": 1, "voucher": "SPRING"}');
  const byHand = (more: Record<string, string>): Promise<{ exitCode: number; signal?: number }> => {
    order();
    return new Promise((resolve) => {
      const terminal = spawnOnTerminal('sh', ['-c', 'ulimit -c 0; "$@"; exit $?', 'sh', command, ...words], {
        cwd: root,
        env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(root, 'budget'), ...more },
      });
      terminal.onExit(resolve);
    });
  };
  expect(await byHand({})).toMatchObject({ exitCode: 1 });
  expect(await byHand({ PYCRASH_UNDER_DEBUG: '1' })).toMatchObject({ exitCode: 134 });
  order();
  const service = spawnSync('sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', command, ...words], {
    cwd: root,
    input: '',
    env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(root, 'budget') },
  });
  expect(service.signal).toBe('SIGABRT');
});
