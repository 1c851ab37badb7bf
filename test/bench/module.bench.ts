// What the generated module costs in Django's real handlers: instructions counted by callgrind, and time, of a start and of a request.
// The middleware is to cost a request nothing.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { pythonEnvironment } from '../python-environment.ts';

const VARIANTS = ['none', 'pycrash', 'pycrash-wrapped', 'process-exception', 'sentry'] as const;
const FEW = 100;
const MANY = 400;
const ROUNDS = 7;

const folder = mkdtempSync(join(tmpdir(), 'pycrash-bench-'));
try {
  const python = pythonEnvironment('3.12', ['django==5.2.*', 'sentry-sdk==2.*']);
  // esbuild puts this file into .cache
  copyFileSync(join(import.meta.dirname, '../test/bench/module.py'), join(folder, 'module.py'));
  writeFileSync(join(folder, 'abort_on_exception.py'), renderGeneratedModule({ framework: 'django' }));

  const program = (...args: string[]): [string, ...string[]] =>
    python.command('python', ['-X', 'frozen_modules=on', join(folder, 'module.py'), ...args]);
  const environment = { ...process.env, PYTHONHASHSEED: '0', PYCRASH_BUDGET_DIRECTORY: folder };

  const instructions = (kind: string, variant: string, requests: number): number => {
    const log = join(folder, 'callgrind.log');
    const callgrind = ['--tool=callgrind', '--callgrind-out-file=/dev/null', `--log-file=${log}`];
    // -R: without address randomisation the same run takes the same instructions
    const words = ['-R', 'valgrind', ...callgrind, ...program(kind, variant, String(requests))];
    execFileSync('setarch', words, { cwd: folder, env: environment });
    const counted = /Collected\s*:\s*(\d+)/.exec(readFileSync(log, 'utf8'));
    return Number(counted?.[1]);
  };
  const time = (kind: string, variant: string): number => {
    const [command, ...args] = program(kind, variant, '3000', '--time');
    return Number(execFileSync(command, args, { cwd: folder, env: environment, encoding: 'utf8' }));
  };
  const startTime = (kind: string, variant: string): number => {
    const [command, ...args] = program(kind, variant, '0');
    const start = process.hrtime.bigint();
    execFileSync(command, args, { cwd: folder, env: environment });
    return Number(process.hrtime.bigint() - start) / 1e3;
  };

  for (const kind of ['wsgi', 'asgi']) {
    const figures = VARIANTS.map((variant) => ({ variant, times: [] as number[], starts: [] as number[] }));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { variant, times, starts } of figures) {
        times.push(time(kind, variant));
        starts.push(startTime(kind, variant));
      }
    }
    const starts = figures.map(({ variant, starts: taken }) => ({
      variant,
      counted: instructions(kind, variant, 0),
      microseconds: median(taken),
    }));
    print(`start, ${kind}`, starts);
    const requests = figures.map(({ variant, times }) => ({
      variant,
      // the difference of two runs leaves the start-up out
      counted: (instructions(kind, variant, MANY) - instructions(kind, variant, FEW)) / (MANY - FEW),
      microseconds: median(times),
    }));
    print(`request, ${kind}`, requests);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Figure {
  variant: string;
  counted: number;
  microseconds: number;
}

/** The first one is what the others are compared with. */
function print(title: string, figures: readonly Figure[]): void {
  process.stdout.write(`${title}\n`);
  const [base] = figures;
  for (const { variant, counted, microseconds } of figures) {
    const columns = [
      `  ${variant}`.padEnd(20),
      `${counted.toFixed(0)} instructions`.padStart(24),
      `${(counted / (base?.counted ?? Number.NaN)).toFixed(4)}×`.padStart(10),
      `${microseconds.toFixed(1)} µs`.padStart(14),
      `${(microseconds / (base?.microseconds ?? Number.NaN)).toFixed(3)}×`.padStart(9),
    ];
    process.stdout.write(`${columns.join('')}\n`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
