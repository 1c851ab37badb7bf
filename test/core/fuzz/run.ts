import { makeCore } from '../../e2e/cores/make-core.ts';
import { pythonBuild } from '../../e2e/cores/python-builds.ts';
import { fuzz, type FuzzCore } from './cases.ts';

// `npm run fuzz [-- CORES LAYOUTS SEED]`
const [cores = 20_000, layouts = 5000, seed = 1] = process.argv.slice(2).map(Number);
const made = [];
const inputs: FuzzCore[] = [];
for (const id of ['3.8', '3.10', '3.11 debian', '3.12', '3.13', '3.14']) {
  const build = pythonBuild(id);
  if (build === undefined) continue;
  const core = await makeCore(build, 'except');
  made.push(core);
  const sysroot = build.sysroot === undefined ? {} : { sysroot: build.sysroot };
  inputs.push({ path: core.path, minor: Number(build.version.split('.')[1]), ...sysroot });
}
let done = 0;
let shown = 0;
const result = await fuzz(inputs, { cores, layouts, seed }, (failures) => {
  done += 1;
  for (; shown < failures.length; shown += 1) process.stdout.write(`${failures[shown] ?? ''}\n`);
  if (done % 1000 === 0) process.stderr.write(`${done} of ${cores + layouts}\n`);
});
for (const core of made) core.remove();
for (const failure of result.failures.slice(shown)) process.stdout.write(`${failure}\n`);
process.stdout.write(
  `${done} cases: ${result.reports} reports, ${result.withException} of them with an exception, ${result.refused} refused; ` +
    `the slowest took ${Math.round(result.slowest)} ms, at most ${result.megabytes} MB; ${result.failures.length} failures\n`,
);
process.exitCode = result.failures.length > 0 ? 1 : 0;
