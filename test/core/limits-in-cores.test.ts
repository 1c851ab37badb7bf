import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LIMITS, type Limits } from '../../src/core/limits.ts';
import { openLocalFile } from '../../src/core/local-files.ts';
import { repr } from '../../src/core/python/value.ts';
import { readCore, type UnredactedReport } from '../../src/core/read-core.ts';
import { REPORT_LIMITS } from '../../src/report/limits.ts';
import type { CrashReport } from '../../src/report/model.ts';
import { makeCore, type MadeCore } from '../e2e/cores/make-core.ts';
import { pythonBuild } from '../e2e/cores/python-builds.ts';
import { pycrash } from '../e2e/pycrash.ts';
import { pythonEnvironment } from '../python-environment.ts';

/** A limit that is in the code: its line in docs/core-reader.md, and a core in which it is seen. */
interface Reached {
  line: string;
  by: () => Promise<void>;
}

const made = new Map<string, Promise<MadeCore>>();

function core(scenario: string, program = 'limits.py', id = '3.11 debian'): Promise<MadeCore> {
  const key = `${program} ${scenario} ${id}`;
  let found = made.get(key);
  if (found === undefined) {
    const build = pythonBuild(id);
    if (build === undefined) throw new Error(`needs Python ${id}`);
    const signal = scenario === 'overflow' || scenario === 'subinterpreter' ? 'SIGSEGV' : 'SIGABRT';
    made.set(key, (found = makeCore(build, scenario, { program, signal })));
  }
  return found;
}

afterAll(async () => {
  for (const each of await Promise.allSettled(made.values()))
    if (each.status === 'fulfilled') each.value.remove();
});

async function read(
  found: MadeCore,
  limits: Partial<Limits> = {},
  options: { scan?: boolean } = {},
): Promise<UnredactedReport> {
  const source = openLocalFile(found.path);
  if (source === undefined) throw new Error(`${found.path} cannot be opened`);
  try {
    return await readCore(source, { path: found.path, limits, ...options });
  } finally {
    source.close();
  }
}

/** The locals of `values` in limits.py, as they are shown. */
async function shown(name: string, limits: Partial<Limits> = {}): Promise<string> {
  const { threads } = await read(await core('values'), limits);
  const frame = threads[0]?.frames.find((each) => each.function === 'values');
  return repr(frame?.locals[name] ?? { type: '' });
}

const warnings = ({ warnings: all }: CrashReport<never> | UnredactedReport, code: string): string =>
  all
    .filter((each) => each.code === code)
    .map(({ message }) => message)
    .join('\n');

async function leftOut(scenario: string, limits: Partial<Limits>, message: RegExp | string): Promise<void> {
  expect(warnings(await read(await core(scenario), limits), 'left-out')).toMatch(message);
}

const REACHED: Record<keyof typeof LIMITS | keyof typeof REPORT_LIMITS, Reached> = {
  depth: {
    line: 'levels of a value',
    by: async () => expect(await shown('levels')).toBe('[[[[[[[[… 3 more]]]]]]]]'),
  },
  items: {
    line: 'items of a container, attributes of an object or exception',
    by: async () => {
      for (const [name, left] of Object.entries({
        items: 900,
        namespace: 50,
        order: 1400,
        partial: 21,
        item: 50,
      }))
        expect(await shown(name), name).toMatch(new RegExp(`, … ${left} more[\\])>]$`));
      await leftOut('described', {}, /20 more attributes of __main__.PaymentError/);
    },
  },
  characters: {
    line: 'characters of a text, bytes, and characters of a message',
    by: async () => {
      expect(await shown('text')).toMatch(/'… 2800 more characters$/);
      expect(await shown('data')).toMatch(/'… 2800 more bytes$/);
      const { exceptions } = await read(await core('message', 'whose.py'));
      expect(exceptions[0]?.chain[0]?.message).toMatch(/x… 1003 more characters$/);
      const { threads } = await read(await core('long_names'));
      const [order] = (threads[0]?.frames ?? []).flatMap(({ locals }) => locals['order'] ?? []);
      expect(repr(order ?? { type: '' })).toMatch(/n… 1000 more characters=1>$/);
    },
  },
  objects: {
    line: 'objects in a value',
    by: async () => {
      const text = await shown('objects', { objects: 100 });
      const left = Number(/, … (\d+) more\]$/.exec(text)?.[1]);
      expect(left).toBeGreaterThan(50);
      // one list for each that is not left out
      expect(text.split('[').length - 2 + left).toBe(90);
    },
  },
  valueCharacters: {
    line: 'characters of a value as text',
    by: async () => {
      expect(await shown('characters')).toMatch(/x… 6304 more characters$/);
      // of which a part is left out too
      expect(await shown('both')).toMatch(/… at least 3924 more characters$/);
    },
  },
  bits: {
    line: 'bits of an int',
    by: async () => expect(await shown('bits')).toBe('<int of about 20010 bits>'),
  },
  reads: {
    line: 'reads for a value',
    by: async () => {
      const report = await read(await core('values'), { reads: 300 });
      expect(warnings(report, 'values-not-read')).toMatch(/\d values were not read to the end/);
      expect(await shown('drained', { reads: 300 })).toMatch(
        /<set at 0x\w+, not read: the limit of this report was reached>/,
      );
    },
  },
  totalReads: {
    line: 'reads for all values of a part',
    by: async () => {
      const report = await read(await core('values'), { totalReads: 2000 });
      expect(warnings(report, 'values-not-read')).toMatch(
        /thread that took the signal: \d+ values were not read/,
      );
    },
  },
  total: {
    line: 'objects in all values of a part',
    by: async () =>
      expect(await shown('drained', { total: 300 })).toBe('<not read: the limit of this report was reached>'),
  },
  partReads: {
    line: 'reads for a part besides its values',
    by: async () =>
      expect(warnings(await read(await core('tasks'), { partReads: 20_000 }), 'stopped')).toContain(
        'reading the tasks was stopped after 20000 reads: the rest of it is missing',
      ),
  },
  messageDepth: {
    line: 'values inside of each other in a message',
    by: async () => {
      const { exceptions } = await read(await core('nested_message'));
      expect(exceptions[0]?.chain[0]?.message).toBe('…');
    },
  },
  counted: {
    line: 'entries of a Counter that are sorted',
    by: async () =>
      expect(await shown('counter')).toMatch(
        /^<collections.Counter of 20001, not sorted \{.*… 19901 more\}>$/,
      ),
  },
  locals: {
    line: 'variables of a frame',
    by: async () => {
      await leftOut('many_locals', {}, /500 more locals of crowded/);
      await leftOut('many_names', {}, /50[01] more locals of <module>/);
    },
  },
  calls: {
    line: 'calls of a stack or traceback that are looked at',
    by: async () => {
      const { exceptions, threads } = await read(await core('deep', 'whose.py'), { calls: 600 });
      const frames = exceptions[0]?.chain[0]?.frames ?? [];
      expect(repr(frames.at(-1)?.locals['culprit'] ?? { type: '' })).toBe("'innermost'");
      expect(frames.find((each) => each.leftOut !== undefined)?.leftOut).toBe(6002 - 600);
      expect(threads.some((each) => each.framesIncomplete)).toBe(false);
      const cut = await read(await core('tasks'), { calls: 3 });
      expect(cut.threads[0]?.framesIncomplete).toBe(true);
      expect(warnings(cut, 'stack-incomplete')).toMatch(/: 3 were$/);
    },
  },
  wholeStack: {
    line: 'calls of a stack that is shown whole',
    by: async () => {
      const { exceptions } = await read(await core('deep', 'whose.py'));
      const frames = exceptions[0]?.chain[0]?.frames ?? [];
      expect(frames.length).toBeLessThan(LIMITS.wholeStack);
      const repeated = frames.find((each) => each.repeated !== undefined)?.repeated ?? { of: 0, times: 0 };
      expect(frames.length + repeated.of * repeated.times).toBe(6002);
    },
  },
  longStack: {
    line: 'calls of a longer stack that are listed',
    by: async () => {
      const { exceptions } = await read(await core('winding'));
      const frames = exceptions[0]?.chain[0]?.frames ?? [];
      expect(frames.length).toBeGreaterThanOrEqual(LIMITS.longStack);
      expect(frames.length).toBeLessThan(LIMITS.longStack + 10);
      const left = frames.map(
        (each) => (each.leftOut ?? 0) + (each.repeated?.of ?? 0) * (each.repeated?.times ?? 0),
      );
      expect(frames.length + left.reduce((sum, each) => sum + each, 0)).toBe(3002);
    },
  },
  awaits: {
    line: 'coroutines that a task waits in',
    by: async () => {
      const { tasks } = await read(await core('tasks'), { awaits: 10, tasks: 2000 });
      const deep = tasks?.find(({ name }) => name === 'deep');
      expect(deep?.awaits?.[5]).toBe('… 22 more');
      expect(deep?.awaits?.at(-1)).toBe('sleep');
      expect(deep?.frames.find((each) => each.leftOut !== undefined)?.leftOut).toBe(22);
    },
  },
  chain: {
    line: 'exceptions of a chain, and members of a group, that are followed',
    by: async () => {
      const message = /more than 120 exceptions are in one chain or group: the others were not followed/;
      await leftOut('group', { chain: 120 }, message);
      expect(warnings(await read(await core('chain', 'whose.py'), { chain: 120 }), 'left-out')).toMatch(
        message,
      );
    },
  },
  links: {
    line: 'exceptions of a chain that are listed',
    by: async () => {
      const [first] = (await read(await core('chain', 'whose.py'))).exceptions;
      expect((first?.chain.length ?? 0) + (first?.leftOut ?? 0)).toBe(151);
      expect(first?.chain.reduce((sum, { between }) => sum + (between ?? 0), 0)).toBe(first?.leftOut);
      const [group] = (await read(await core('group'))).exceptions;
      expect((group?.chain.length ?? 0) + (group?.chain[0]?.membersLeftOut ?? 0)).toBe(301);
    },
  },
  exceptions: {
    line: 'exceptions, each with its chain, that are listed',
    by: async () => {
      const report = await read(await core('many_exceptions'));
      expect(report.exceptions).toHaveLength(LIMITS.exceptions);
      expect(warnings(report, 'exceptions-left-out')).toBe(
        '50 more exceptions are not listed: the limit is 200',
      );
    },
  },
  handled: {
    line: 'exceptions that a thread was handling',
    by: () =>
      leftOut('many_handled', { handled: 4 }, '6 more exceptions that a thread was handling are not listed'),
  },
  notes: {
    line: 'notes of an exception',
    by: async () => {
      const notes = (await read(await core('described'))).exceptions[0]?.chain[0]?.notes;
      expect(notes).toHaveLength(101);
      expect(notes?.at(-1)).toBe('… 50 more notes');
    },
  },
  scannedBytes: {
    line: 'bytes that a scan searches',
    by: async () => {
      const report = await read(await core('out_of_reach'), { scannedBytes: 1 << 20 }, { scan: true });
      expect(warnings(report, 'scan-incomplete')).toMatch(
        /^\d{7,} bytes of writable memory were not searched: the limit is 1048576$/,
      );
    },
  },
  scanned: {
    line: 'exceptions that a scan finds',
    by: async () => {
      const report = await read(await core('out_of_reach'), {}, { scan: true });
      expect(report.exceptions).toHaveLength(LIMITS.scanned);
      expect(warnings(report, 'scan-incomplete')).toContain('the scan ended after 100 exceptions');
    },
  },
  interpreters: {
    line: 'interpreters',
    by: async () => {
      const report = await read(await core('subinterpreter', 'whose.py'), { interpreters: 1 });
      expect(warnings(report, 'left-out')).toContain('1 more of the interpreters are not read');
    },
  },
  threads: {
    line: 'threads',
    by: async () => {
      const report = await read(await core('crowd', 'whose.py'), { threads: 100 });
      expect(report.threads).toHaveLength(100);
      expect(warnings(report, 'left-out')).toContain('22 more threads are not listed');
    },
  },
  tasks: {
    line: 'tasks',
    by: async () => {
      for (const id of ['3.11 debian', '3.14']) {
        const report = await read(await core('tasks', 'limits.py', id));
        // the main task and the deep one too
        expect(report.tasks).toHaveLength(LIMITS.tasks);
        expect(warnings(report, 'tasks-incomplete'), id).toBe('1000 tasks are listed, 102 more are not');
      }
    },
  },
  greenlets: {
    line: 'greenlets',
    by: async () => {
      const report = await read(await greenlets(), { greenlets: 5 });
      expect(report.tasks).toHaveLength(5);
      expect(warnings(report, 'greenlets-incomplete')).toMatch(
        /^5 greenlets are listed, 1[56] more are not$/,
      );
    },
  },
  greenletBytes: {
    line: 'memory that is searched for greenlets',
    by: async () =>
      expect(warnings(await read(await greenlets(), { greenletBytes: 4096 }), 'greenlets-incomplete')).toBe(
        '0 greenlets are listed; the process can have others: the search ended at a limit',
      ),
  },
  modules: {
    line: 'modules of an interpreter',
    by: () =>
      leftOut('described', { modules: 20 }, /\d more modules, or names of a module, were not looked at/),
  },
  headers: {
    line: 'headers of a request',
    by: async () => {
      for (const scenario of ['wsgi', 'asgi']) {
        const report = await read(await core(scenario));
        expect(Object.keys(report.request?.headers ?? {})).toHaveLength(LIMITS.headers);
        expect(warnings(report, 'left-out'), scenario).toContain(
          '50 more headers of the request are not listed',
        );
      }
    },
  },
  words: {
    line: 'words of the command line',
    by: async () => {
      const { cmdline } = (await read(await core('started'))).process;
      expect(cmdline).toHaveLength(LIMITS.words + 1);
      expect(cmdline.at(-1)).toBe('… 105 more words');
    },
  },
  variables: {
    line: 'variables of the environment',
    by: async () => {
      const { environment, environmentLeftOut } = (await read(await core('started'))).process;
      expect(Object.keys(environment ?? {})).toHaveLength(LIMITS.variables);
      expect(environmentLeftOut).toBeGreaterThan(100);
    },
  },
  wordBytes: {
    line: 'bytes of such a word or variable',
    by: async () => {
      const { cmdline } = (await read(await core('started'))).process;
      expect(cmdline.find((word) => word.includes('more bytes'))).toMatch(/x… 7232 more bytes$/);
    },
  },
  sourceCharacters: {
    line: 'characters of a source line',
    by: async () =>
      expect((await withSource(`    raise ValueError("${'x'.repeat(1000)}")`)).source).toMatch(
        /x… 520 more characters$/,
      ),
  },
  sourceBytes: {
    line: 'bytes of a source file',
    by: async () => {
      const { source, warning } = await withSource(
        '    raise ValueError',
        '#'.repeat(REPORT_LIMITS.sourceBytes),
      );
      expect(source).toBeUndefined();
      expect(warning).toMatch(/^no lines of files of more than 10000000 bytes are shown: .*failing\.py$/);
    },
  },
  nativeFrames: {
    line: 'frames of C code of a thread',
    by: async () => {
      const found = await core('overflow', 'whose.py');
      const { stdout } = await pycrash(['report', found.path, '--native', '--json']);
      const report = JSON.parse(stdout) as CrashReport;
      expect(report.threads[0]?.native).toHaveLength(REPORT_LIMITS.nativeFrames);
      expect(report.warnings.map(({ message }) => message)).toContain(
        'native frames beyond the innermost 5000 are not listed, in 1 thread',
      );
    },
  },
  markdownCharacters: {
    line: 'characters of a report in markdown',
    by: async () => {
      const found = await core('winding');
      const { stdout } = await pycrash(['report', found.path, '--format', 'markdown']);
      expect(stdout.length).toBeLessThanOrEqual(REPORT_LIMITS.markdownCharacters);
      expect(stdout).toMatch(/… Locals.* are left out: an issue can have 60000 characters/);
    },
  },
};

const environment = (): ReturnType<typeof pythonEnvironment> =>
  pythonEnvironment('3.11', ['greenlet==3.2.4']);

async function greenlets(): Promise<MadeCore> {
  const build = pythonBuild('3.11');
  if (build === undefined) throw new Error('needs Python 3.11');
  const program = `${environment().folder}/bin/python`;
  let found = made.get('greenlets');
  if (found === undefined)
    made.set('greenlets', (found = makeCore({ ...build, program }, 'greenlets', { program: 'limits.py' })));
  return found;
}

/** A crash in a file that has this line, and what is said of the file. */
async function withSource(line: string, end = ''): Promise<{ source: string | undefined; warning: string }> {
  const found = await core('described');
  const file = join(found.folder, 'failing.py');
  writeFileSync(file, `def fail():\n${line}\n\n\n${end}\n`);
  const again = await makeCore(await debian(), 'file', {
    program: 'limits.py',
    environment: { FAILING: file },
  });
  try {
    const report = JSON.parse((await pycrash(['report', again.path, '--json'])).stdout) as CrashReport;
    const frame = report.exceptions[0]?.chain[0]?.frames.at(-1);
    return {
      source: frame?.source,
      warning: report.warnings.find(({ code }) => code === 'source-too-long')?.message ?? '',
    };
  } finally {
    again.remove();
  }
}

async function debian(): Promise<NonNullable<ReturnType<typeof pythonBuild>>> {
  const build = pythonBuild('3.11 debian');
  if (build === undefined) throw new Error('needs /usr/bin/python3.11');
  return build;
}

describe('every limit is reached in a core, and marked', () => {
  test.each(Object.entries(REACHED))('%s', { timeout: 120_000 }, async (_, { by }) => by());
});

const UNITS: readonly [number, string][] = [
  [1024 ** 3, ' GiB'],
  [1_000_000, ' M'],
];

function amount(limit: number): string {
  const unit = UNITS.find(([size]) => limit % size === 0);
  return unit === undefined ? limit.toLocaleString('en') : `${limit / unit[0]}${unit[1]}`;
}

test('docs/core-reader.md has a line for every limit, with its number', () => {
  const page = readFileSync(new URL('../../docs/core-reader.md', import.meta.url), 'utf8');
  const [, table = ''] = /\n\| limit +\|.*\n\| -+ \|.*\n((?:\|.*\n)+)/.exec(page) ?? [];
  const lines = table
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, what, number]) => `${what}: ${number}`);
  const limits = Object.entries({ ...LIMITS, ...REPORT_LIMITS }).map(
    ([name, limit]) => `${REACHED[name as keyof typeof REACHED].line}: ${amount(limit)}`,
  );
  // what is cut for the eye alone
  expect(lines.sort()).toEqual(
    [...limits, 'characters of a text in text and markdown (`--max-value-length`): 200'].sort(),
  );
});
