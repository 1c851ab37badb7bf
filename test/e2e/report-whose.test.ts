import { describe, expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { needs } from '../parts.ts';
import { makeCore, type MadeCore } from './cores/make-core.ts';
import { plainBuilds, pythonBuild, type PythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

/** A core with its report, as text, JSON, markdown and HTML. */
class Crashed {
  readonly core: MadeCore;
  private readonly where: string[];

  constructor(core: MadeCore, build: PythonBuild) {
    this.core = core;
    this.where = build.sysroot === undefined ? [] : ['--sysroot', build.sysroot];
  }

  async shown(...words: string[]): Promise<string> {
    return (await pycrash(['report', this.core.path, ...this.where, ...words])).stdout;
  }

  async json(...words: string[]): Promise<CrashReport> {
    return JSON.parse(await this.shown('--json', ...words)) as CrashReport;
  }

  /** The title that every format has, and the JSON. */
  async title(): Promise<{ title: string; report: CrashReport }> {
    const report = await this.json();
    const { title } = report.crash;
    const text = await this.shown();
    expect(text).toContain(`\ncrash        ${title}\n`);
    expect((await this.shown('--format', 'markdown')).split('\n')[0]).toContain(title);
    const heading = /<h1>([^]*?)<\/h1>/.exec(await this.shown('--format', 'html'))?.[1];
    expect(heading?.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'")).toBe(title);
    return { title, report };
  }
}

async function crash<T>(
  build: PythonBuild | undefined,
  scenario: string,
  signal: 'SIGABRT' | 'SIGSEGV',
  judge: (crashed: Crashed) => Promise<T>,
): Promise<T> {
  if (build === undefined) throw new Error('needs that Python');
  const core = await makeCore(build, scenario, { program: 'whose.py', signal });
  try {
    return await judge(new Crashed(core, build));
  } finally {
    core.remove();
  }
}

const messages = ({ exceptions }: CrashReport): (string | undefined)[] =>
  exceptions.map(({ chain }) => chain[0]?.message);

describe.each(plainBuilds())('CPython $id', (build) => {
  test('a segfault is not called what another thread was handling', async (context) => {
    needs(context, 'plain core pattern');
    await crash(build, 'retried', 'SIGSEGV', async (crashed) => {
      const { title, report } = await crashed.title();
      expect(title).toMatch(/^SIGSEGV in .*, called from segfault \(.*whose\.py:\d+\)$/);
      expect(report.crash.exception).toBeUndefined();
      const [first] = report.exceptions;
      const thread = report.threads.find(({ id }) => id === first?.threadId);
      expect(messages(report)).toEqual(['of a thread that tries again']);
      expect(thread).toMatchObject({ name: 'retrier', current: false });
      expect(first?.crashed).toBeUndefined();
      const text = await crashed.shown();
      expect(text).toContain(`In thread ${thread?.osThreadId} "retrier", found via exc_info`);
      expect(text).toContain("      basket = ['apples', 42]\n");
    });
  });

  test('what a call has handled before it went on is not why it aborts', async () => {
    await crash(build, 'went_on', 'SIGABRT', async (crashed) => {
      const { title, report } = await crashed.title();
      expect(title).toMatch(/^SIGABRT in went_on \(.*whose\.py:\d+\)$/);
      expect(messages(report)).toEqual(['of the first attempt']);
      expect(report.exceptions[0]).not.toHaveProperty('crashed');
    });
  });

  test('what was kept for a debugger is why it aborts', async () => {
    await crash(build, 'post_mortem', 'SIGABRT', async (crashed) => {
      expect((await crashed.json()).crash.title).toBe('PaymentError: kept for a debugger');
    });
  });

  test('what a waiting task handles is of the task', async () => {
    await crash(build, 'tasks', 'SIGSEGV', async (crashed) => {
      const { title, report } = await crashed.title();
      expect(title).toMatch(/^SIGSEGV/);
      expect(messages(report)).toEqual(['of a task']);
      const task = report.tasks?.[report.exceptions[0]?.task ?? -1];
      expect(task?.frames[0]?.function).toMatch(/again$/);
      expect(await crashed.shown()).toContain(`In task ${task?.name}, found via exc_info of the task`);
    });
  });

  test.each([
    ['native_future', 'in a future in C'],
    ['handler', 'of a callback'],
  ])('%s: one step from a frame', async (scenario, message) => {
    await crash(build, scenario, 'SIGABRT', async (crashed) => {
      const report = await crashed.json();
      expect(report.crash.title).toBe(`PaymentError: ${message}`);
      expect(report.exceptions[0]).toMatchObject({
        crashed: true,
        threadId: String(crashed.core.oracle.aborting),
      });
      const frames = crashed.core.oracle.exception?.frames.map(({ line }) => line);
      expect(report.exceptions[0]?.chain[0]?.frames.map(({ line }) => line)).toEqual(frames);
    });
  });

  test('a crash in a subinterpreter is not what the main one was handling', async () => {
    await crash(build, 'subinterpreter', 'SIGSEGV', async (crashed) => {
      const report = await crashed.json();
      expect(report.crash.title).toMatch(/^SIGSEGV .*called from inside/);
      expect(report.threads[0]?.frames.find((frame) => frame.function === 'inside')?.locals).toMatchObject({
        order: { repr: '46' },
      });
      expect(messages(report)).toEqual(['of the main interpreter']);
      expect([report.threads[0]?.interpreter, report.exceptions[0]?.interpreter]).toEqual([1, 0]);
    });
  });
});

const few = ['3.8', '3.11 debian', '3.13 stripped'].map((id) => [id] as const);

describe.each(few)('CPython %s', (id) => {
  const build = pythonBuild(id);

  test.each([
    ['pool', 'of a job', 43],
    ['worker', 'of the main thread', 44],
  ])('%s: the signal is the headline', async (scenario, message, order) => {
    await crash(build, scenario, 'SIGSEGV', async (crashed) => {
      const { title, report } = await crashed.title();
      expect(title).toMatch(/^SIGSEGV in .*, called from segfault /);
      expect(messages(report)).toContain(message);
      expect(report.exceptions.map((each) => each.crashed)).not.toContain(true);
      expect(await crashed.shown()).toContain(`order = ${order}\n`);
    });
  });

  test('the exception of the thread that crashed comes before that of another', async () => {
    await crash(build, 'both', 'SIGABRT', async (crashed) => {
      const { title, report } = await crashed.title();
      expect(title).toBe('PaymentError: of the crash');
      expect(messages(report)).toEqual(['of the crash', 'of a thread that tries again']);
      expect(report.exceptions.map((each) => each.crashed)).toEqual([true, undefined]);
    });
  });

  test('a fault while an exception is handled names both', async () => {
    await crash(build, 'fault', 'SIGSEGV', async (crashed) => {
      const { title } = await crashed.title();
      expect(title).toMatch(/^SIGSEGV in .*, while handling PaymentError: handled at the fault$/);
    });
  });

  test('a signal of another process is no exception', async () => {
    await crash(build, 'outside', 'SIGABRT', async (crashed) => {
      const { title, report } = await crashed.title();
      expect(title).toMatch(/^SIGABRT from process \d+ in outside/);
      expect(report.crash.exception).toBeUndefined();
      const text = await crashed.shown();
      expect(text).toContain('Stopped here, in thread');
      expect(text).not.toContain('Aborted here');
      expect(text).toContain('Also in the thread that took the signal, found via exc_info');
    });
  });

  test.each([
    ['pool_future', 'in a future of a pool'],
    ['record', 'in a log record'],
    ['attribute', 'in an attribute'],
    ['in_list', 'the first of a list'],
  ])('%s: one step from a frame', async (scenario, message) => {
    await crash(build, scenario, 'SIGABRT', async (crashed) => {
      const report = await crashed.json();
      expect(report.crash.title).toBe(`PaymentError: ${message}`);
      const frames = crashed.core.oracle.exception?.frames.map(({ line }) => line);
      expect(report.exceptions[0]?.chain[0]?.frames.map(({ line }) => line)).toEqual(frames);
    });
  });

  test('a deep recursion is counted, and its innermost frame is there', async () => {
    await crash(build, 'deep', 'SIGABRT', async (crashed) => {
      const report = await crashed.json();
      const frames = report.exceptions[0]?.chain[0]?.frames ?? [];
      const counted = frames.reduce(
        (sum, { repeated }) => sum + 1 + (repeated === undefined ? 0 : repeated.of * repeated.times),
        0,
      );
      expect(counted).toBe(6002);
      expect(frames.length).toBeLessThan(30);
      expect(frames.at(-1)?.locals['culprit']?.repr).toBe("'innermost'");
      const text = await crashed.shown();
      expect(text).toMatch(/\[Previous 2 lines repeated \d+ more times\]/);
      expect(text).toContain("culprit = 'innermost'");
    });
  });

  test('a long chain ends at what began it, and says how much is between', async () => {
    await crash(build, 'chain', 'SIGABRT', async (crashed) => {
      const report = await crashed.json();
      const [first] = report.exceptions;
      expect(first?.chain[0]?.message).toBe('attempt 149');
      expect(first?.chain.at(-1)?.message).toBe('what began it all');
      expect((first?.chain.length ?? 0) + (first?.leftOut ?? 0)).toBe(151);
      const between = first?.chain.reduce((sum, each) => sum + (each.between ?? 0), 0);
      expect(between).toBe(first?.leftOut);
      const text = await crashed.shown();
      expect(text).toContain(`[… ${first?.leftOut} more exceptions between these two]`);
      expect(text).toContain('PaymentError: what began it all');
    });
  });

  test('the locals of a hundred threads are there', async () => {
    await crash(build, 'crowd', 'SIGABRT', async (crashed) => {
      const text = await crashed.shown('--threads');
      expect(new Set(text.match(/mine = 'thread-\d+'/g)).size).toBe(120);
    });
  });

  test('drained containers cost nothing else', async () => {
    await crash(build, 'containers', 'SIGABRT', async (crashed) => {
      const report = await crashed.json();
      const locals = report.exceptions[0]?.chain[0]?.frames[0]?.locals ?? {};
      expect(locals['order']?.repr).toBe("{'number': [7, 'apples']}");
      expect(locals['first']?.repr).toBe('[{999999}, {249999: None}]');
      expect(locals['second']?.repr).toBe('[{1999999}, {499999: None}]');
      expect(report.warnings).toEqual([]);
    });
  });

  test('thirty thousand variables leave the command line whole, and say how many are missing', async () => {
    await crash(build, 'environment', 'SIGABRT', async (crashed) => {
      const { process } = await crashed.json();
      expect(process.cmdline.slice(-2)).toEqual(['environment', '--again']);
      expect(Object.keys(process.environment ?? {})).toHaveLength(10_000);
      expect(process.environmentLeftOut).toBeGreaterThan(20_000);
    });
  });

  test('--scan finds an exception among two million numbers', async () => {
    await crash(build, 'numbers', 'SIGSEGV', async (crashed) => {
      const report = await crashed.json('--scan');
      expect(messages(report)).toContain('among numbers');
      expect(report.warnings.map(({ code }) => code)).not.toContain('stopped');
      expect(report.crash.exception).toBeUndefined();
    });
  });

  test('a long message says how much of it is missing', async () => {
    await crash(build, 'message', 'SIGABRT', async (crashed) => {
      expect((await crashed.json()).exceptions[0]?.chain[0]?.message).toMatch(
        /^x{2000}… 1003 more characters$/,
      );
    });
  });
});

test.each([['3.8'], ['3.11 debian']])('CPython %s: a stack overflow is named as one', async (id) => {
  await crash(pythonBuild(id), 'overflow', 'SIGSEGV', async (crashed) => {
    const { title, report } = await crashed.title();
    expect(title).toMatch(
      /^SIGSEGV: stack overflow by recursion of (\w+\.<locals>\.Endless\.|overflow\.<locals>\.Endless\.)?__repr__ \(.*\), \d+ times$/,
    );
    expect(report.process.signal.stackOverflow).toBe(true);
    expect(report.threads[0]?.frames.length).toBeLessThan(20);
  });
});
