import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/crashtest/address.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { APACHE, PROGRAMS } from './programs.ts';

/** A way to start a server. */
export interface Row {
  /** Words after the folder of the environment, with variables before them; PORT is put in. For Apache, lines of its configuration. */
  line: string;
  workers?: number;
  apache?: true;
  /** In an environment with packages of its own. */
  packages?: readonly string[];
  /** Exit codes among which it is chance. */
  exitCodes?: readonly number[];
}

/** What happened when a request aborted in every worker. */
export interface Observation {
  core: boolean;
  /** How the process ended that a supervisor would look after. */
  sees: string | number;
  /** Does it answer again, with that process never gone? */
  back: boolean;
  /** Were other requests in flight cut off? */
  lost: boolean;
}

/** Two of them come after the one that aborts. */
export const IN_FLIGHT = 8;

/** Starts it in a folder of its own, with other requests in flight at the first abort. `bin` is the environment's. */
export async function observe({ line, workers = 1, apache }: Row, bin: string): Promise<Observation> {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-server-'));
  chmodSync(folder, 0o777);
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(folder, name), text);
  const port = await freePort();
  const filled = (text: string): string => text.replaceAll('PORT', String(port)).replaceAll('FOLDER', folder);
  if (apache === true) writeFileSync(join(folder, 'site.conf'), filled(APACHE.replace('LINES', line)));
  const words =
    apache === true
      ? ['/usr/sbin/apache2', '-f', join(folder, 'site.conf'), '-DFOREGROUND']
      : filled(line).split(' ');
  const variables = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('='));
  const [program = '', ...args] = words.slice(variables.length);
  const child = spawn('prlimit', ['--core=unlimited', join(apache === true ? '/' : bin, program), ...args], {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, PYTHONPATH: folder, ...Object.fromEntries(variables) },
  });
  const end = new Promise<string | number>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    if (!(await isAnswering(url, 30))) throw new Error(`${line}: nobody answers`);
    const slow = (length: number): Promise<string | undefined>[] =>
      Array.from({ length }, () => get(`${url}/slow`, 20));
    const before = slow(IN_FLIGHT - 2);
    await sleep(150);
    const aborted = get(`${url}/abort`, 20);
    await sleep(20);
    const answers = await Promise.all([...before, ...slow(2)]);
    await aborted;
    // every worker: one that is left would hide that nobody replaces the others
    for (let count = 1; count < workers; count += 1) await get(`${url}/abort`, 5);
    const sees = await Promise.race([end, sleep(3000, 'nothing')]);
    const back = sees === 'nothing' && (await isAnswering(url, 10));
    const lost = answers.includes(undefined);
    return { core: existsSync(join(folder, 'core')), sees, back, lost };
  } finally {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // all of it is gone
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isAnswering(url: string, seconds: number): Promise<boolean> {
  const answered = await waitFor(
    seconds,
    async () => (/^\d+$/.test((await get(`${url}/`, 2)) ?? '') ? true : undefined),
    0.05,
  );
  return answered === true;
}

/** The body of a 200; undefined where there was no answer. */
async function get(url: string, seconds: number): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(seconds * 1000);
    const response = await fetch(url, { signal, headers: { connection: 'close' } });
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined;
  }
}
