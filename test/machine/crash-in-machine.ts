// Runs inside the virtual machine: makes each set-up of `set-ups.ts` in turn, asks `pycrash doctor` about the process
// that runs there, crashes it, and says what became of its core: a line `@@ {json}` each.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/errors.ts';
import { examine } from '../../src/host/doctor.ts';
import type { HostCheck } from '../../src/host/host-check.ts';
import { readReport } from '../../src/report/report-core.ts';
import { Terminal } from '../../src/terminal.ts';
import { takesMachine, type SetUp } from './set-ups.ts';
import {
  AS_USER,
  folderOf,
  verifiedOf,
  writeProject,
  type Ingredients,
  type Verified,
} from './verified-project.ts';

/** What the machine is given to do. */
export interface Task extends Ingredients {
  /** `service.py`, beside the generated module. */
  service: string;
  /** Of every process. */
  environment: Readonly<Record<string, string>>;
  setUps: readonly SetUp[];
}

/** What happened in one set-up; `broken` is why it could not be made. */
export interface Outcome {
  name: string;
  core?: SetUp['core'];
  /** What the generated module said in the log when it started. */
  warned?: string;
  checks?: HostCheck[];
  verified?: Verified;
  broken?: string;
}

interface Crash {
  core: SetUp['core'];
  /** Messages of the exceptions in the cores that are there after it. */
  messages: readonly (string | undefined)[];
  warned?: string;
  checks: HostCheck[];
}

const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Task;
const KEEPS_CORES = '/var/crash';

for (const setUp of task.setUps) {
  const outcome: Outcome = await runSetUp(setUp).catch((error: unknown) => ({
    name: setUp.name,
    broken: String(error),
  }));
  process.stdout.write(`@@ ${JSON.stringify(outcome)}\n`);
}

async function runSetUp(setUp: SetUp): Promise<Outcome> {
  const { name } = setUp;
  const folder = folderOf(setUp, '/srv');
  mkdirSync(folder, { recursive: true });
  chownSync(folder, 1000, 1000);
  sysctl('kernel/core_uses_pid', '0');
  sysctl('fs/suid_dumpable', '0');
  shell(`install -d -m 1733 ${KEEPS_CORES}; rm -rf ${KEEPS_CORES}/*`, folder);
  shell(setUp.before ?? '', folder);
  for (const [key, value] of Object.entries(setUp.sysctl ?? {})) sysctl(key, value);
  sysctl('kernel/core_pattern', setUp.pattern ?? `${KEEPS_CORES}/core.%p`);
  try {
    const { messages: _, ...first } = await crash(setUp, folder, 'planted-1');
    const outcome: Outcome = { name, ...first };
    if (setUp.twice !== undefined) {
      const second = await crash(setUp, folder, 'planted-2');
      const both = ['planted-1', 'planted-2'].every((planted) => second.messages.includes(planted));
      outcome.core = both ? second.core : 'overwritten';
    }
    return takesMachine(setUp) && setUp.notVerified === undefined
      ? { ...outcome, verified: verify(setUp, folder) }
      : outcome;
  } finally {
    sysctl('kernel/core_pattern', 'core');
    spawnSync('umount', ['--recursive', folder]);
    if (setUp.before?.includes(' /var/tmp') === true) spawnSync('umount', ['/var/tmp']);
  }
}

async function crash(setUp: SetUp, folder: string, planted: string): Promise<Crash> {
  const log = `/run/${planted}.log`;
  const user = setUp.as ?? AS_USER;
  const line = [
    `cd ${setUp.cwd ?? '.'}`,
    setUp.limits ?? 'ulimit -c unlimited',
    `exec ${user} ${setUp.python ?? task.python} ${task.service} 2>${log}`,
  ].join('; ');
  const child = spawn('sh', ['-c', line], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      PLANTED: planted,
      BEFORE: setUp.code ?? '',
      ...task.environment,
      ...setUp.environment,
    },
  });
  const ended = once(child, 'exit');
  const ready = await Promise.race([once(child.stdout, 'data').then(String), ended.then(() => 'it ended')]);
  if (ready.trim() !== 'ready') throw new Error(`${line}: ${ready}: ${readFileSync(log, 'utf8')}`);
  const pid = setUp.insideNamespace === undefined ? child.pid : childOf(child.pid);
  const { checks } = examine({ pid: pid ?? 0, cores: 1 });
  child.stdin.write('now\n');
  await ended;
  const places = setUp.look ?? [KEEPS_CORES, setUp.cwd ?? '.'];
  const files = places.flatMap((place) => coresIn(path.resolve(folder, place)));
  const found = await Promise.all(files.map(readCore));
  const readable = found.some(({ message, truncated }) => message === planted && !truncated);
  const warned = /a crash would leave no core: (.*)/.exec(readFileSync(log, 'utf8'))?.[1];
  return {
    core: readable ? 'readable' : found.length > 0 ? 'cut' : 'none',
    messages: found.map(({ message }) => message),
    checks,
    ...(warned === undefined ? {} : { warned }),
  };
}

function verify(setUp: SetUp, folder: string): Verified {
  const [program = '', ...words] = writeProject(folder, setUp, task);
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', cwd: '/' });
  return verifiedOf({ exitCode: status, stdout, stderr });
}

/** As `pycrash report` reads it, in this process: to start another one takes more than a second in the machine. */
async function readCore(file: string): Promise<{ truncated: boolean; message: string | undefined }> {
  const terminal = new Terminal({ json: true, quiet: true, color: false, cwd: '/' });
  try {
    const { core, exceptions } = await readReport(
      { path: file, name: file },
      { showSecrets: true },
      terminal,
    );
    return { truncated: core.truncated, message: exceptions[0]?.chain[0]?.message };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { truncated: true, message: undefined };
  }
}

function coresIn(place: string): string[] {
  try {
    return readdirSync(place)
      .filter((name) => /^core|^\.\d+$/.test(name))
      .map((name) => path.join(place, name))
      .filter((file) => statSync(file).isFile() && statSync(file).size > 0);
  } catch {
    // removed, or never there
    return [];
  }
}

function childOf(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
}

function sysctl(name: string, value: string): void {
  // the line end, so that an empty value is written at all
  writeFileSync(`/proc/sys/${name}`, `${value}\n`);
}

function shell(script: string, cwd: string): void {
  execFileSync('sh', ['-ec', script], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}
