// Runs inside the virtual machine: makes each set-up of `set-ups.ts` in turn, asks `pycrash doctor` about the process
// that runs there, crashes it, and says what became of its core: a line `@@ {json}` each.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HostCheck } from '../../src/host/host-check.ts';
import type { CrashReport } from '../../src/report/model.ts';
import type { SetUp } from './set-ups.ts';

/** What the machine is given to do. */
export interface Task {
  /** `dist/pycrash.js`. */
  bin: string;
  /** `service.py`, beside the generated module. */
  service: string;
  python: string;
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
  const folder = `/srv/${name.replaceAll(/\W+/g, '-')}`;
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
    if (setUp.twice === undefined) return { name, ...first };
    const second = await crash(setUp, folder, 'planted-2');
    const both = ['planted-1', 'planted-2'].every((planted) => second.messages.includes(planted));
    return { name, ...first, core: both ? second.core : 'overwritten' };
  } finally {
    sysctl('kernel/core_pattern', 'core');
    spawnSync('umount', ['--recursive', folder]);
  }
}

async function crash(setUp: SetUp, folder: string, planted: string): Promise<Crash> {
  const log = `/run/${planted}.log`;
  // env(1) between: setpriv keeps its capabilities up to the next exec, and would pass for a privileged parent
  const user = setUp.as ?? 'setpriv --reuid 1000 --regid 1000 --clear-groups env';
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
  const checks = doctor(pid);
  child.stdin.write('now\n');
  await ended;
  const places = setUp.look ?? [KEEPS_CORES, setUp.cwd ?? '.'];
  const found = places.flatMap((place) => coresIn(path.resolve(folder, place))).map(readCore);
  const readable = found.some(({ message, truncated }) => message === planted && !truncated);
  const warned = /a crash would leave no core: (.*)/.exec(readFileSync(log, 'utf8'))?.[1];
  return {
    core: readable ? 'readable' : found.length > 0 ? 'cut' : 'none',
    messages: found.map(({ message }) => message),
    checks,
    ...(warned === undefined ? {} : { warned }),
  };
}

function doctor(pid: number | undefined): HostCheck[] {
  const { stdout, stderr } = pycrash('doctor', '--json', '--cores', '1', '--pid', String(pid));
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as { checks: HostCheck[] }).checks;
}

function readCore(file: string): { truncated: boolean; message: string | undefined } {
  const { stdout } = pycrash('report', '--json', file);
  if (stdout === '') return { truncated: true, message: undefined };
  const { core, exceptions } = JSON.parse(stdout) as CrashReport;
  return { truncated: core.truncated, message: exceptions[0]?.chain[0]?.message };
}

function pycrash(...words: string[]): { stdout: string; stderr: string } {
  return spawnSync(process.execPath, [task.bin, ...words], { encoding: 'utf8', cwd: '/' });
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
