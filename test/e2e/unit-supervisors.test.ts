import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { needs, type Part } from '../parts.ts';
import { service } from '../project/tree.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { pycrash } from './pycrash.ts';
import { freePort } from '../../src/crashtest/address.ts';

/** How each supervisor is started on a folder, and where in a repository its snippet would be found. */
const SUPERVISORS: Readonly<
  Record<string, { part: Part; file: string; repository: string; command(folder: string): string[] }>
> = {
  supervisord: {
    part: 'supervisord',
    file: 'web.conf',
    repository: 'web.conf',
    command: (folder) => ['supervisord', '-n', '-c', join(folder, 'web.conf')],
  },
  runit: {
    part: 'runit',
    file: 'run',
    repository: 'etc/sv/web/run',
    command: (folder) => ['runsv', folder],
  },
  s6: {
    part: 's6',
    file: 'run',
    repository: 's6-rc.d/web/run',
    command: (folder) => ['s6-supervise', folder],
  },
  daemontools: {
    part: 'daemontools',
    file: 'run',
    repository: 'service/web/run',
    command: (folder) => ['supervise', folder],
  },
};

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Running {
  folder: string;
  /** Where the snippet has the core written. */
  cores: string;
  /** What the supervisor and the service printed. */
  output(): string;
  /** The pid that answers, once one does. */
  pid(): Promise<number>;
  abort(): Promise<void>;
}

/** Renders a snippet, changes it, and starts the real supervisor on it with a soft core limit of 0. */
async function start(
  kind: string,
  change: (text: string) => string = (text) => text,
): Promise<Running & { text: string }> {
  const supervisor = SUPERVISORS[kind];
  if (supervisor === undefined) throw new Error(kind);
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-unit-'));
  const name = `pycrash-test-${folder.slice(-6).toLowerCase()}`;
  const cores = `/var/lib/${name}`;
  folders.push(folder, cores);
  // the service runs as another user
  chmodSync(folder, 0o755);
  copyFileSync(fileURLToPath(new URL('crasher.py', import.meta.url)), join(folder, 'crasher.py'));
  const port = await freePort();
  const rendered = await pycrash([
    'unit',
    kind,
    `--name=${name}`,
    '--user=www-data',
    `--working-directory=${folder}`,
    `--command=/usr/bin/python3.11 -m crasher ${port}`,
  ]);
  expect(rendered).toMatchObject({ exitCode: 0, stderr: '' });
  const text = change(rendered.stdout);
  const service_ = join(folder, 'service');
  mkdirSync(service_);
  const log = join(folder, 'log');
  if (kind === 'supervisord') {
    execFileSync('install', ['-d', '-o', 'www-data', cores]);
    const own = `[supervisord]\nlogfile=${folder}/supervisord.log\npidfile=${folder}/pid\nuser=root\n`;
    writeFileSync(join(service_, supervisor.file), own + text);
  } else {
    writeFileSync(join(service_, supervisor.file), text, { mode: 0o755 });
  }
  const output = openSync(log, 'a');
  const [command = '', ...args] = supervisor.command(service_);
  const child = spawn('prlimit', ['--core=0:unlimited', command, ...args], {
    cwd: service_,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let last: number | undefined;
  onTestFinished(async () => {
    await ended(child);
    if (last !== undefined && commandLine(last).includes(String(port))) process.kill(last, 'SIGKILL');
  });
  return {
    folder,
    cores,
    text,
    output: () => readFileSync(log, 'utf8'),
    async pid() {
      const before = last;
      last = await poll(async () => {
        const pid = Number(await get(port, '/'));
        return Number.isNaN(pid) || pid === before || pid === 0 ? undefined : pid;
      });
      return last;
    },
    abort: async () => {
      await get(port, '/abort');
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  // KILL: the supervisor goes first, so that nothing is started again
  child.kill('SIGKILL');
  await end;
}

function commandLine(pid: number): string {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

async function get(port: number, path: string): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  } catch {
    return '';
  }
}

/** Asks again until there is an answer; the test's own time limit ends it. */
async function poll<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(50);
  }
}

function isElf(path: string): boolean {
  const file = openSync(path, 'r');
  const magic = Buffer.alloc(4);
  readSync(file, magic);
  closeSync(file);
  return magic.toString('latin1') === '\x7fELF';
}

/** What the reader of start files says of the same text, before anything runs. */
function foretold(kind: string, text: string) {
  const { restart, coreLimit, command, user } = service({ [SUPERVISORS[kind]?.repository ?? '']: text });
  return {
    restarts: restart.afterAbort,
    coreLimit: coreLimit.soft,
    detail: coreLimit.detail,
    behindShell: command?.value.behindShell,
    user: user?.value,
  };
}

describe.each(Object.keys(SUPERVISORS))('pycrash unit %s under the real one', (kind) => {
  test('the service comes back after os.abort(), and its core is there', async (context) => {
    needs(context, 'root', 'plain core pattern', SUPERVISORS[kind]?.part ?? 'root');
    const running = await start(kind);
    expect(foretold(kind, running.text)).toMatchObject({
      restarts: true,
      behindShell: false,
      user: 'www-data',
    });
    const first = await running.pid();
    expect(statSync(`/proc/${first}`).uid).not.toBe(0);
    await running.abort();
    const second = await running.pid();
    expect(second).not.toBe(first);
    const core = join(running.cores, 'core');
    expect(isElf(core)).toBe(true);
    expect(statSync(core).size).toBeGreaterThan(1_000_000);
  });
});

describe('what the snippets avoid', () => {
  test('supervisord with autorestart=false stays down, as read', async (context) => {
    needs(context, 'root', 'supervisord');
    const running = await start('supervisord', (text) =>
      text.replace('autorestart=true', 'autorestart=false'),
    );
    expect(foretold('supervisord', running.text).restarts).toBe(false);
    await running.pid();
    await running.abort();
    const log = join(running.folder, 'supervisord.log');
    // the last word of supervisord on it; with autorestart it would be `spawned` again
    const lines = await poll(() => {
      const text = readFileSync(log, 'utf8');
      return text.includes('terminated by SIGABRT') ? text.trim().split('\n') : undefined;
    });
    expect(lines.at(-1)).toContain('not expected');
  });

  test.for([
    ['supervisord', /ulimit [^;]*; /, ''],
    ['runit', /^ulimit .*$/m, ''],
    ['s6', 's6-softlimit -c = ', ''],
    ['daemontools', 'softlimit -c = ', ''],
  ] as const)(
    '%s without the line on the limit: back, but no core',
    async ([kind, line, instead], context) => {
      needs(context, 'root', 'plain core pattern', SUPERVISORS[kind]?.part ?? 'root');
      const running = await start(kind, (text) => text.replace(line, instead));
      expect(foretold(kind, running.text)).toMatchObject({ restarts: true, coreLimit: 'unknown' });
      expect(foretold(kind, running.text).detail).toContain('inherited');
      await running.pid();
      await running.abort();
      await running.pid();
      expect(existsSync(join(running.cores, 'core'))).toBe(false);
    },
  );

  test.for([
    ['runit', 'chpst -u', 'chpst -c unlimited -u'],
    ['s6', 's6-softlimit -c =', 's6-softlimit -c unlimited'],
  ] as const)('%s with the limit `unlimited` never starts', async ([kind, line, instead], context) => {
    needs(context, 'root', SUPERVISORS[kind]?.part ?? 'root');
    const running = await start(kind, (text) => text.replace(line, instead));
    expect(foretold(kind, running.text).detail).toContain('usage error');
    // started twice, and twice it said how it wants to be called
    const said = await poll(() => {
      const times = running.output().split('usage:').length - 1;
      return times >= 2 ? times : undefined;
    });
    expect(said).toBeGreaterThanOrEqual(2);
  });
});

describe('snippets that no supervisor of this machine takes', () => {
  test.each([
    ['compose', 'compose.cores.yaml', { restarts: true, coreLimit: 'unlimited', behindShell: false }],
    ['kubernetes', 'shop-deployment.yaml', { restarts: true, coreLimit: 'unknown', behindShell: false }],
    ['nomad', 'shop.nomad.hcl', { restarts: true, coreLimit: 'unlimited', behindShell: false }],
  ] as const)('%s: is read as what it is meant to be', async (kind, path, expected) => {
    const { stdout } = await pycrash([
      'unit',
      kind,
      '--name=shop',
      '--command=daphne "shop.asgi:application"',
      '--json',
    ]);
    const rendered = JSON.parse(stdout) as { path: string; text: string };
    expect(rendered.path).toBe(path);
    const { restart, coreLimit, command, workingDirectory } = service({ [path]: rendered.text });
    expect({
      restarts: restart.afterAbort,
      coreLimit: coreLimit.soft,
      behindShell: command?.value.behindShell,
    }).toEqual(expected);
    expect([command?.value.argv, workingDirectory?.value]).toEqual([
      ['daphne', 'shop.asgi:application'],
      kind === 'nomad' ? '/alloc/data' : '/cores',
    ]);
  });

  test('nomad: HCL to a parser of HCL, with nothing of the command lost', async () => {
    const line = String.raw`/srv/shop/bin/gunicorn --name "a \"b\" ${'${X}'}" 'c d' shop.wsgi`;
    const { stdout } = await pycrash(['unit', 'nomad', '--name=shop', `--command=${line}`]);
    const { folder } = pythonEnvironment('3.12', ['python-hcl2==7.3.1']);
    const program = 'import hcl2, json, sys; print(json.dumps(hcl2.load(sys.stdin)))';
    const parsed = execFileSync(join(folder, 'bin/python'), ['-c', program], { input: stdout });
    const text = parsed.toString();
    expect(text).toContain('"attempts": 20');
    expect(text).toContain('"unlimited": true');
    expect(text).toMatch(/"core": "\\?"?-1/);
    expect(stdout).toContain('args    = ["--name", "a \\"b\\" ", "c d", "shop.wsgi"]');
  });

  test('procfile: no core, so an exception is logged and the process lives on', async (context) => {
    const { stdout } = await pycrash(['unit', 'procfile', '--name=shop', '--command=printenv PYCRASH']);
    const { coreLimit, environment } = service({
      Procfile: stdout.replace('printenv PYCRASH', 'gunicorn shop.wsgi'),
    });
    expect(coreLimit).toMatchObject({
      soft: 'unknown',
      detail: expect.stringContaining('log-only') as string,
    });
    expect(environment.get('PYCRASH')?.value).toBe('log');
    const folder = mkdtempSync(join(tmpdir(), 'pycrash-unit-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'Procfile'), stdout);
    const honcho = join(pythonEnvironment('3.12', ['honcho==2.0.0']).folder, 'bin/honcho');
    expect(execFileSync(honcho, ['start'], { cwd: folder, encoding: 'utf8' })).toMatch(/web\.1.*\| log$/m);
  });

  test.each([
    [['runit', '--user', 'a b'], "'a b' cannot stand in the snippet"],
    [['s6', '--working-directory', '/srv/$(x)'], 'cannot stand in the snippet'],
    [['runit', '--drop-in'], '--drop-in is for systemd and openrc only'],
    [['supervisord', '--command', 'a ; b'], 'cannot hold ; or #'],
    [['circus', '--command', 'a ; b'], 'cannot hold ; after a blank'],
    [['circus', '--command', 'a $(b)'], 'cannot hold $( or (('],
    [['openrc', '--command', 'A=b c'], 'cannot hold variables in front'],
  ])('%j is wrong usage', async (args, message) => {
    const { exitCode, stderr } = await pycrash(['unit', ...args]);
    expect([exitCode, stderr.includes(message)]).toEqual([2, true]);
  });
});
