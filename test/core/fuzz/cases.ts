import { readFileSync } from 'node:fs';
import type { ByteSource } from '../../../src/core/byte-source.ts';
import { TABLES, type Layout, LAYOUTS } from '../../../src/core/python/layouts.ts';
import { repr } from '../../../src/core/python/value.ts';
import { readCore } from '../../../src/core/read-core.ts';
import { UserError } from '../../../src/errors.ts';
import { mutated, mutatedLayout, recorded } from './mutations.ts';

export interface FuzzCore {
  path: string;
  /** The minor version of the Python that made it. */
  minor: number;
  sysroot?: string;
}

export interface FuzzResult {
  /** One line for each case that threw what it must not, or took longer than ten seconds. */
  failures: string[];
  reports: number;
  refused: number;
  withException: number;
  slowest: number;
  megabytes: number;
}

const SLOW = 10_000;

/** Runs `cores` mutated cores and `layouts` mutated layout tables, of the given cores in turn, from that seed on. */
export async function fuzz(
  inputs: readonly FuzzCore[],
  counts: { cores: number; layouts: number; seed: number },
  progress: (failures: readonly string[]) => void = () => {},
): Promise<FuzzResult> {
  const result: FuzzResult = {
    failures: [],
    reports: 0,
    refused: 0,
    withException: 0,
    slowest: 0,
    megabytes: 0,
  };
  for (const [number, input] of inputs.entries()) {
    const bytes = readFileSync(input.path);
    const { source, read } = recorded(bytes);
    const options = { path: 'core', ...(input.sysroot === undefined ? {} : { sysroot: input.sysroot }) };
    const whole = await readCore(source, options);
    if (whole.exceptions.length === 0)
      result.failures.push(`${input.path}: the core itself has no exception`);
    const pages = [...read].sort((a, b) => a - b);
    const run = async (name: string, from: ByteSource, layouts: readonly Layout[]): Promise<void> => {
      const start = performance.now();
      try {
        const report = await readCore(from, { ...options, layouts, scan: name.endsWith('7') });
        result.reports += 1;
        if (report.exceptions.length > 0) result.withException += 1;
        for (const { chain } of report.exceptions) {
          for (const { frames } of chain) {
            for (const { locals } of frames) Object.values(locals).forEach((value) => repr(value));
          }
        }
        JSON.stringify(report);
      } catch (error) {
        if (error instanceof UserError) result.refused += 1;
        else
          result.failures.push(
            `${name}: ${error instanceof Error ? (error.stack ?? error.message) : 'thrown'}`,
          );
      }
      const took = performance.now() - start;
      result.slowest = Math.max(result.slowest, took);
      if (took > SLOW) result.failures.push(`${name}: ${Math.round(took)} ms`);
    };
    for (let index = number; index < counts.cores; index += inputs.length) {
      const seed = counts.seed + index;
      await run(`3.${input.minor} core ${seed}`, mutated(bytes, pages, seed), LAYOUTS);
      progress(result.failures);
    }
    const table = TABLES.find((each) => each.version === `3.${input.minor}`);
    if (table === undefined) continue;
    for (let index = number; index < counts.layouts; index += inputs.length) {
      const seed = counts.seed + index;
      await run(`3.${input.minor} layout ${seed}`, source, [mutatedLayout(table, seed)]);
      progress(result.failures);
    }
  }
  result.megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  return result;
}
