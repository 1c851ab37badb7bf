import { execa } from 'execa';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { makeCore, type MadeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

const BIN = fileURLToPath(new URL('../../dist/pycrash.js', import.meta.url));

async function coreOf(id: string, scenario: string): Promise<MadeCore> {
  const build = pythonBuild(id);
  if (build === undefined) throw new Error(`needs Python ${id}`);
  return makeCore(build, scenario, { program: 'roots.py' });
}

async function report(core: MadeCore, ...more: string[]): Promise<CrashReport> {
  return JSON.parse((await pycrash(['report', core.path, '--json', ...more])).stdout) as CrashReport;
}

test.each([
  ['3.8', /last_value/],
  ['3.11 debian', /last_value/],
  ['3.12 stripped', /last_exc/],
])('Python %s: what the interactive interpreter printed last is found', async (id, via) => {
  const core = await coreOf(id, 'last');
  const [first] = (await report(core)).exceptions;
  core.remove();
  expect(first?.foundVia).toMatch(via);
  expect(first?.chain[0]).toMatchObject({ type: 'LookupError', message: 'failed with 7' });
  expect(first?.chain[0]?.frames.at(-1)?.locals['detail']?.repr).toBe("'detail 7'");
});

test.each(['3.9 stripped', '3.11 debian', '3.13'])(
  'Python %s: what only the heap holds takes --scan',
  async (id) => {
    const core = await coreOf(id, 'kept');
    const [without, scanned] = [await report(core), await report(core, '--scan')];
    core.remove();
    expect(without.exceptions).toEqual([]);
    expect(without.warnings.map(({ code }) => code)).toEqual(['no-exception']);
    // nothing of what only looks like an exception
    const places = scanned.exceptions.flatMap(({ chain }) => chain.flatMap(({ frames }) => frames));
    expect(places.filter(({ file, line }) => !/\.py$|^<frozen /.test(file) || line < 1)).toEqual([]);
    const found = scanned.exceptions.filter(({ chain }) => chain[0]?.message === 'failed with 8');
    expect(found.map(({ foundVia }) => foundVia)).toEqual(['scan of the heap']);
    expect(found[0]?.chain[0]?.frames.map((frame) => frame.function.split('.').at(-1))).toEqual([
      'failed',
      'fail',
    ]);
  },
);

test.each(['3.8', '3.11 debian', '3.12', '3.13 stripped'])(
  'Python %s: the threads of a subinterpreter are listed',
  async (id) => {
    const core = await coreOf(id, 'subinterpreter');
    const { threads, exceptions, warnings } = await report(core);
    const texts = await Promise.all(
      ['text', 'html'].map(
        async (format) => (await pycrash(['report', core.path, '--threads', '--format', format])).stdout,
      ),
    );
    core.remove();
    for (const text of texts) {
      expect(text).toMatch(/hread \d+ "?MainThread"? in the main interpreter/);
      expect(text).toMatch(/hread \d+ .*in interpreter 1/);
    }
    expect(warnings.map(({ code }) => code)).toEqual(['subinterpreters']);
    expect(exceptions[0]?.chain[0]?.message).toBe('failed with 9');
    expect(threads[0]).toMatchObject({ current: true, frames: [{ function: 'subinterpreter' }, {}] });
    const inside = threads.filter(({ frames }) => frames.some((frame) => frame.function === 'inside'));
    expect(inside).toHaveLength(1);
    expect(inside[0]?.current).toBe(false);
    expect(inside[0]?.frames[0]?.locals).toEqual({ note: { type: 'str', repr: "'in another interpreter'" } });
  },
);

test('a member of a group is named as its cause, too', async () => {
  const core = await coreOf('3.12', 'cause_in_group');
  const [{ exceptions }, { stdout }] = [await report(core), await pycrash(['report', core.path])];
  core.remove();
  expect(exceptions[0]?.chain.map(({ relation, of, isCause }) => ({ relation, of, isCause }))).toEqual([
    { relation: null },
    { relation: 'group', of: 0 },
    { relation: 'group', of: 0, isCause: true },
  ]);
  expect(stdout).toMatch(
    /\nLookupError: failed with 12\n\nThe above exception was the direct cause of .*\n\nExc/,
  );
});

test('a sparse core of 20 GB takes no more memory than a small one', async () => {
  const core = await coreOf('3.11 debian', 'sparse');
  try {
    expect(statSync(core.path).size).toBeGreaterThan(20e9);
    const atExit =
      'process.on("exit",()=>process.stderr.write(`maxRSS ${process.resourceUsage().maxRSS}\\n`))';
    const args = ['--import', `data:text/javascript,${atExit}`, BIN, 'report', core.path, '--json'];
    const { stdout, stderr } = await execa(process.execPath, args);
    expect((JSON.parse(stdout) as CrashReport).exceptions[0]?.chain[0]?.message).toBe('failed with 10');
    // kB; Node alone has 45 MB
    expect(Number(/maxRSS (\d+)/.exec(stderr)?.[1])).toBeLessThan(150_000);
  } finally {
    core.remove();
  }
});
