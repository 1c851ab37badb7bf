import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Contestant {
  name: string;
  command: readonly [string, ...string[]];
  cwd?: string;
  env?: Record<string, string>;
}

export interface Figures {
  name: string;
  /** Medians: wall time in milliseconds, peak resident memory of the largest process in MiB. */
  milliseconds: number;
  mebibytes: number;
}

/**
 * Runs whole processes in turn (A B C, A B C …), so that a machine whose speed drifts is fair to all, after one warm-up
 * round that does not count. What they print goes to a file: /dev/null would spare some of them the writing. Needs GNU
 * time for the memory (Debian package `time`).
 */
export function compare(contestants: readonly Contestant[], rounds = 9): Figures[] {
  const seen = contestants.map(() => ({ wall: [] as number[], memory: [] as number[] }));
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-bench-'));
  const output = openSync(join(folder, 'output'), 'a');
  try {
    for (let round = -1; round < rounds; round += 1) {
      for (const [index, { name, command, cwd, env }] of contestants.entries()) {
        ftruncateSync(output);
        const start = process.hrtime.bigint();
        const { status, stderr, error } = spawnSync('/usr/bin/time', ['-f', '%M', ...command], {
          cwd,
          env: { ...process.env, ...env },
          encoding: 'utf8',
          stdio: ['ignore', output, 'pipe'],
          maxBuffer: 1 << 28,
        });
        const wall = Number(process.hrtime.bigint() - start) / 1e6;
        if (error !== undefined || status === null || status > 1)
          throw new Error(`${name} failed: ${error?.message ?? stderr}`);
        if (round < 0) continue;
        seen[index]?.wall.push(wall);
        seen[index]?.memory.push(Number(stderr.trim().split('\n').at(-1)) / 1024);
      }
    }
  } finally {
    closeSync(output);
    rmSync(folder, { recursive: true });
  }
  return contestants.map(({ name }, index) => ({
    name,
    milliseconds: median(seen[index]?.wall ?? []),
    mebibytes: median(seen[index]?.memory ?? []),
  }));
}

/** Prints one line a contestant: medians, and the ratio of its wall time to the first one's. */
export function printRatios(figures: readonly Figures[]): void {
  const base = figures[0]?.milliseconds ?? Number.NaN;
  for (const { name, milliseconds, mebibytes } of figures) {
    const columns = [
      name.padEnd(44),
      `${milliseconds.toFixed(1)} ms`.padStart(12),
      `${(milliseconds / base).toFixed(2)}×`.padStart(8),
      `${mebibytes.toFixed(0)} MiB`.padStart(9),
    ];
    process.stdout.write(`${columns.join('')}\n`);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
