import { build } from 'esbuild';
import { root, run } from './install.mjs';

/**
 * Runs a program of the tests with Node, which reads no TypeScript before version 22: bundles the file `entry` to
 * `outfile` first. Both are paths from the root; packages stay outside of the bundle.
 */
export async function runProgram(entry, outfile, args = [], options = {}) {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
    ...options,
  });
  run(process.execPath, [`${root}${outfile}`, ...args]);
}
