// What each request pays, in Django's real handler: instructions counted by callgrind, and time. Ours is to be zero.
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
  copyFileSync(join(import.meta.dirname, '../test/bench/request.py'), join(folder, 'request.py'));
  writeFileSync(join(folder, 'abort_on_exception.py'), renderGeneratedModule({ framework: 'django' }));

  const program = (variant: string, ...args: string[]): [string, ...string[]] =>
    python.command('python', ['-X', 'frozen_modules=on', join(folder, 'request.py'), variant, ...args]);
  const environment = { ...process.env, PYTHONHASHSEED: '0', PYCRASH_BUDGET_DIRECTORY: folder };

  const instructions = (variant: string, requests: number): number => {
    const log = join(folder, 'callgrind.log');
    const callgrind = ['--tool=callgrind', '--callgrind-out-file=/dev/null', `--log-file=${log}`];
    // -R: without address randomisation the same run takes the same instructions
    execFileSync('setarch', ['-R', 'valgrind', ...callgrind, ...program(variant, String(requests))], {
      cwd: folder,
      env: environment,
    });
    const counted = /Collected\s*:\s*(\d+)/.exec(readFileSync(log, 'utf8'));
    return Number(counted?.[1]);
  };
  const time = (variant: string): number => {
    const [command, ...args] = program(variant, '3000', '--time');
    return Number(execFileSync(command, args, { cwd: folder, env: environment, encoding: 'utf8' }));
  };

  const times = new Map<string, number[]>(VARIANTS.map((variant) => [variant, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const variant of VARIANTS) times.get(variant)?.push(time(variant));
  }
  let base: { instructions: number; microseconds: number } | undefined;
  for (const variant of VARIANTS) {
    // the difference of two runs leaves the start-up out
    const perRequest = (instructions(variant, MANY) - instructions(variant, FEW)) / (MANY - FEW);
    const microseconds = times.get(variant)?.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
    base ??= { instructions: perRequest, microseconds };
    const columns = [
      variant.padEnd(20),
      `${perRequest.toFixed(0)} instructions`.padStart(22),
      `${(perRequest / base.instructions).toFixed(4)}×`.padStart(10),
      `${microseconds.toFixed(1)} µs`.padStart(12),
      `${(microseconds / base.microseconds).toFixed(3)}×`.padStart(9),
    ];
    process.stdout.write(`${columns.join('')}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
