import { buildSync } from 'esbuild';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { hasPart, needs, type Part } from '../parts.ts';
import { pythonEnvironment } from '../python-environment.ts';
import type { Outcome, Task } from './crash-in-machine.ts';
import { hasMachine, runInMachine } from './machine.ts';
import { BROKEN, GOOD, takesMachine, type SetUp } from './set-ups.ts';
import { failedSteps, type Ingredients, type Verified } from './verified-project.ts';
import { verifyInNamespaces } from './verify-in-namespaces.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const PAGE = here('../../docs/broken-hosts.md');
const ALL = [...GOOD, ...BROKEN];
/** For what is made without the machine: its kernel.core_pattern has to be the plain `core`. */
const HERE: readonly Part[] = ['root', 'plain core pattern', 'core_uses_pid 0'];
const outcomes = new Map<string, Outcome>();
const verified = new Map<string, Verified>();
let folder: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pycrash-matrix-'));
  chmodSync(folder, 0o755);
  const ingredients = ingredientsIn(folder);
  await Promise.all([inMachine(folder, ingredients), inNamespaces(folder, ingredients)]);
}, 1_800_000);
afterAll(() => folder !== undefined && rmSync(folder, { recursive: true, force: true }));

function ingredientsIn(base: string): Ingredients {
  const made = {
    bin: here('../../dist/pycrash.js'),
    python: '/usr/bin/python3.11',
    module: join(base, 'bottle_abort_on_exception.py'),
    packages: join(base, 'packages'),
  };
  const calls = ['watch_bottle'];
  writeFileSync(
    made.module,
    renderGeneratedModule({ framework: 'bottle', wsgi: true, asgi: false, calls, needed: ['core-warning'] }),
  );
  // where every user may read it
  const environment = pythonEnvironment('3.11', ['bottle>=0.13', 'gunicorn~=23.0']).folder;
  cpSync(join(environment, 'lib/python3.11/site-packages'), made.packages, {
    recursive: true,
    // compiled modules are those of files with that time
    preserveTimestamps: true,
    filter: (source) => !/site-packages\/(pip|setuptools|pkg_resources|_distutils|.*\.pth)/.test(source),
  });
  return made;
}

async function inNamespaces(base: string, ingredients: Ingredients): Promise<void> {
  if (!HERE.every(hasPart)) return;
  const setUps = ALL.filter((setUp) => !takesMachine(setUp) && setUp.notVerified === undefined);
  for (const [name, said] of await verifyInNamespaces(setUps, base, ingredients)) verified.set(name, said);
}

async function inMachine(base: string, ingredients: Ingredients): Promise<void> {
  if (!hasMachine()) return;
  copyFileSync(here('service.py'), join(base, 'service.py'));
  writeFileSync(
    join(base, 'abort_on_exception.py'),
    renderGeneratedModule({ framework: 'script', wsgi: false, asgi: false, needed: ['core-warning'] }),
  );
  const task: Task = {
    ...ingredients,
    service: join(base, 'service.py'),
    environment: { PYCRASH_BUDGET: '1000', PYCRASH_BUDGET_PER_FINGERPRINT: '1000' },
    setUps: ALL,
  };
  const program = join(base, 'crash-in-machine.mjs');
  buildSync({
    entryPoints: [here('crash-in-machine.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
  writeFileSync(join(base, 'task.json'), JSON.stringify(task));
  const said = await runInMachine(
    [
      // what a bare machine has: no mark of a container, and folders that the programs of the test write to
      'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8',
      // (gdb, which doctor and verify start, takes seconds there)
      'rm -f /.dockerenv /usr/bin/gdb; mount -t tmpfs tmpfs /run; mount -t tmpfs -o size=512m tmpfs /srv',
      'busybox ip link set lo up',
      `"${process.execPath}" "${program}" "${base}/task.json"`,
    ].join('\n'),
    1700,
  );
  for (const line of said.split('\n').filter((text) => text.startsWith('@@ '))) {
    const outcome = JSON.parse(line.slice(3)) as Outcome;
    outcomes.set(outcome.name, outcome);
    if (outcome.verified !== undefined) verified.set(outcome.name, outcome.verified);
  }
}

test.for(ALL)('doctor: $name', (setUp, context) => {
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

test.for(ALL.filter(({ notVerified }) => notVerified === undefined))('verify: $name', (setUp, context) => {
  needs(context, ...(takesMachine(setUp) ? (['virtual machine'] as const) : HERE));
  const said = verified.get(setUp.name);
  const failed = said === undefined ? [] : failedSteps(said, setUp);
  const good = GOOD.includes(setUp);
  const named = [...new Set(failed.flatMap(({ detail }) => namedCauses(detail)))];
  expect(
    { exitCode: said?.exitCode, held: failed.length === 0, named: named.toSorted() },
    JSON.stringify(said, null, 1),
  ).toEqual({ exitCode: good ? 0 : 1, held: good, named: good ? [] : causesOf(setUp).toSorted() });
});

/** What verify has to name. */
function causesOf({ named, bad = [], unknown, required }: SetUp): readonly string[] {
  if (named !== undefined) return named;
  // a step of its own, which is unknown unless it is required: production may have another pattern
  const own = bad.filter((id) => id !== 'core-name-unique' || required === 'core-names');
  return unknown === undefined ? own : [...own, unknown];
}

const CAUSES = new Set(
  ALL.flatMap(({ bad = [], unknown }) => (unknown === undefined ? bad : [...bad, unknown])),
);

/** The checks of doctor that the text of a step names. */
function namedCauses(detail: string): string[] {
  return [...CAUSES].filter((id) => detail.includes(`${id}: `));
}

test('docs/broken-hosts.md is what happened', async (context) => {
  needs(context, 'virtual machine');
  const text = await format(page(), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
  await expect(text).toMatchFileSnapshot(PAGE);
});

function page(): string {
  const head = '| host and process | its core | doctor | verify | warning |\n| --- | --- | --- | --- | --- |';
  return `# Broken hosts, and what doctor and verify say of them

Each line was made for real: a virtual machine with a kernel of its own, a Python process with the generated module,
\`pycrash doctor --pid\` on it, then an uncaught exception, then \`pycrash report\` on what the kernel left. The column
"warning" says where the generated module itself warned in the log when it started.

The column "verify" is \`pycrash verify\` of a small Bottle project under gunicorn whose start script makes such a process:
the first step that fails, and the causes that the failing steps name. Where the kernel's pattern is not what is broken, it ran in
a mount namespace of its own and with the pattern \`core\`, else in that virtual machine. "required" is a step that is
only \`unknown\` unless \`--require\` names it, because production may have another pattern than the machine of the test, or
because nobody knows what a program does with a core.

The test that makes them (\`test/machine\`) fails where doctor calls a host good that leaves no readable core, where doctor or
verify does not name the cause, and where one of them calls a good host bad. \`npm test -- test/machine -u\` writes this page.

## Broken

${head}
${rows(BROKEN)}

With one name for every core the first one is readable, and the second takes its place.

## Good

${head}
${rows(GOOD)}

## Where verify was not asked

| host and process | why |
| --- | --- |
${notes()}
`;
}

function rows(setUps: readonly SetUp[]): string {
  return setUps
    .map((setUp) => {
      const { name } = setUp;
      const { core, warned, checks = [] } = outcomes.get(name) ?? {};
      const ids = (verdict: string): string[] => [
        ...new Set(checks.filter((check) => check.verdict === verdict).map(({ id }) => `\`${id}\``)),
      ];
      const unknown = ids('unknown').filter((id) => id === '`core-pattern`');
      const doctor = [...ids('bad'), ...unknown.map((id) => `${id} unknown`)].join(', ') || 'good';
      return `| ${name} | ${core} | ${doctor} | ${verifyCell(setUp)} | ${warned === undefined ? '' : 'yes'} |`;
    })
    .join('\n');
}

function verifyCell(setUp: SetUp): string {
  const said = verified.get(setUp.name);
  if (said === undefined) return '—';
  const failed = failedSteps(said, setUp);
  const first = failed.find(({ detail }) => namedCauses(detail).length > 0);
  if (first === undefined) return said.exitCode === 0 ? 'good' : 'no cause';
  const causes = [...new Set(failed.flatMap(({ detail }) => namedCauses(detail)))].map((id) => `\`${id}\``);
  return `\`${first.id}\`${first.ok === 'unknown' ? ', required' : ''}: ${causes.join(', ')}`;
}

function notes(): string {
  return ALL.flatMap(({ name, notVerified }) =>
    notVerified === undefined ? [] : [`| ${name} | ${notVerified} |`],
  ).join('\n');
}
