import { buildSync } from 'esbuild';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import type { Outcome, Task } from './crash-in-machine.ts';
import { needs } from '../parts.ts';
import { hasMachine, runInMachine } from './machine.ts';
import { BROKEN, GOOD, type SetUp } from './set-ups.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const PAGE = here('../../docs/broken-hosts.md');
const outcomes = new Map<string, Outcome>();
let folder: string | undefined;

beforeAll(async () => {
  if (!hasMachine()) return;
  folder = mkdtempSync(join(tmpdir(), 'pycrash-matrix-'));
  chmodSync(folder, 0o755);
  copyFileSync(here('service.py'), join(folder, 'service.py'));
  writeFileSync(
    join(folder, 'abort_on_exception.py'),
    renderGeneratedModule({ framework: 'script', wsgi: false, asgi: false }),
  );
  const task: Task = {
    bin: here('../../dist/pycrash.js'),
    service: join(folder, 'service.py'),
    python: '/usr/bin/python3.11',
    environment: { PYCRASH_BUDGET: '1000', PYCRASH_BUDGET_PER_FINGERPRINT: '1000' },
    setUps: [...GOOD, ...BROKEN],
  };
  const program = join(folder, 'crash-in-machine.mjs');
  buildSync({
    entryPoints: [here('crash-in-machine.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
  writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
  const said = await runInMachine(
    [
      // what a bare machine has: no mark of a container, and folders that the programs of the test write to
      'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8',
      // (gdb, which doctor starts, takes a second there)
      'rm -f /.dockerenv /usr/bin/gdb; mount -t tmpfs tmpfs /run; mount -t tmpfs -o size=512m tmpfs /srv',
      `"${process.execPath}" "${program}" "${folder}/task.json"`,
    ].join('\n'),
    900,
  );
  for (const line of said.split('\n').filter((text) => text.startsWith('@@ '))) {
    const outcome = JSON.parse(line.slice(3)) as Outcome;
    outcomes.set(outcome.name, outcome);
  }
}, 1_000_000);
afterAll(() => folder !== undefined && rmSync(folder, { recursive: true, force: true }));

test.for([...GOOD, ...BROKEN])('$name', (setUp, context) => {
  needs(context, 'virtual machine');
  const outcome = outcomes.get(setUp.name);
  expect(outcome?.broken).toBeUndefined();
  const checks = outcome?.checks ?? [];
  const bad = [...new Set(checks.filter(({ verdict }) => verdict === 'bad').map(({ id }) => id))];
  expect({ core: outcome?.core, bad: bad.toSorted() }, JSON.stringify(checks, null, 1)).toEqual({
    core: setUp.core,
    bad: (setUp.bad ?? []).toSorted(),
  });
  const unknown = checks.filter(({ verdict }) => verdict === 'unknown').map(({ id }) => id);
  expect(unknown).toEqual(expect.arrayContaining(setUp.unknown === undefined ? [] : [setUp.unknown]));
});

test('docs/broken-hosts.md is what happened', async (context) => {
  needs(context, 'virtual machine');
  const text = await format(page(), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
  await expect(text).toMatchFileSnapshot(PAGE);
});

function page(): string {
  const head = '| host and process | its core | doctor | warning |\n| --- | --- | --- | --- |';
  return `# Broken hosts, and what doctor says of them

Each line was made for real: a virtual machine with a kernel of its own, a Python process with the generated module,
\`pycrash doctor --pid\` on it, then an uncaught exception, then \`pycrash report\` on what the kernel left. The column
"warning" says where the generated module itself warned in the log when it started. The test that makes them
(\`test/machine\`) fails where doctor calls a host good that leaves no readable core, where it does not name the cause,
and where it calls a good host bad. \`npm test -- test/machine -u\` writes this page.

## Broken

${head}
${rows(BROKEN)}

With one name for every core the first one is readable, and the second takes its place.

## Good

${head}
${rows(GOOD)}
`;
}

function rows(setUps: readonly SetUp[]): string {
  return setUps
    .map(({ name }) => {
      const { core, warned, checks = [] } = outcomes.get(name) ?? {};
      const ids = (verdict: string): string[] => [
        ...new Set(checks.filter((check) => check.verdict === verdict).map(({ id }) => `\`${id}\``)),
      ];
      const unknown = ids('unknown').filter((id) => id === '`core-pattern`');
      const said = [...ids('bad'), ...unknown.map((id) => `${id} unknown`)];
      return `| ${name} | ${core} | ${said.join(', ') || 'good'} | ${warned === undefined ? '' : 'yes'} |`;
    })
    .join('\n');
}
