import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CrashReport } from '../../../src/report/model.ts';
import { runBuild, type PythonBuild } from '../cores/python-builds.ts';
import { pycrash } from '../pycrash.ts';

export const PROGRAMS: string = fileURLToPath(new URL('programs/', import.meta.url));

export interface Running {
  /** As this machine numbers it. */
  pid: number;
  /** What it wrote first. */
  said: string;
  end(): Promise<void>;
}

/** Starts a program of `programs/` and waits for its first line. */
export async function startBuild(build: PythonBuild, program: string): Promise<Running> {
  const words = runBuild(build, [`${PROGRAMS}${program}`], { cwd: PROGRAMS, share: [PROGRAMS] });
  return start(words);
}

/** Starts a command and waits for its first line; the caller ends it. */
export async function start(words: readonly string[]): Promise<Running> {
  const [command = '', ...rest] = words;
  const child = execa(command, rest, { reject: false, stdin: 'ignore', buffer: false, stderr: 'inherit' });
  const said = await new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error(`${words.join(' ')} ended before it said anything`)));
  });
  return {
    pid: child.pid ?? 0,
    said,
    end: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}

export async function reportOf(wanted: number | string, ...options: string[]): Promise<CrashReport> {
  const outcome = await pycrash(['report', String(wanted), '--json', '--show-secrets', ...options]);
  if (outcome.exitCode !== 0 || outcome.stderr !== '') {
    throw new Error(`exit code ${outcome.exitCode}: ${outcome.stderr}`);
  }
  return JSON.parse(outcome.stdout) as CrashReport;
}

/** `State:` of proc(5), a letter; empty where there is no such process. */
export function stateOf(pid: number): string {
  try {
    return /^State:\s*(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Waits until `is` holds; the test's own time-out is the limit. */
export async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
}
