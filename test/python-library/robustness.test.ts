import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pycrash } from '../e2e/pycrash.ts';
import { needs } from '../parts.ts';
import { pythonEnvironment, type PythonEnvironment } from '../python-environment.ts';
import { python, removeFolder, renderedModule } from './rendered-module.ts';

let folder: string;
beforeEach(() => {
  folder = renderedModule();
});
afterEach(() => removeFolder(folder));

interface Outcome {
  stdout: string;
  stderr: string;
  exitCode: number | undefined;
  signal: string | undefined;
  events: Record<string, unknown>[];
}

/** Runs a row without a core: the signal is enough. */
async function run(row: string, env: Record<string, string> = {}, environment = newest()): Promise<Outcome> {
  const program =
    'import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); runpy.run_path(sys.argv[0], run_name="__main__")';
  const code = program.replace('sys.argv[0]', '"robustness.py"');
  // gevent warns of its own doings
  const warnings = row.startsWith('gevent') ? [] : ['-W', 'error'];
  const outcome = await python(environment, folder, [...warnings, '-c', code, row], env);
  const events = outcome.stderr
    .split('\n')
    .filter((line) => line.startsWith('{"time"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...outcome, events };
}

function newest(): PythonEnvironment {
  return pythonEnvironment('3.12', ['django==5.2.*', 'gevent']);
}

function oldest(): PythonEnvironment {
  return pythonEnvironment('3.8', ['django==4.2.*', 'gevent']);
}

describe.each([
  ['Python 3.12', newest],
  ['Python 3.8', oldest],
])('%s', (_, environment) => {
  // every one of these must abort, whatever stands in the way, after one line of log
  test.each([
    'plain',
    'eight_threads',
    'log_handler_crashes_again',
    'log_handler_fails',
    'log_handler_hangs',
    'callback_exits',
    'callback_raises',
    'str_raises',
    'message_of_50_megabytes',
    'python_handler_for_sigabrt',
    'blocked_sigabrt',
    'faulthandler_on',
    'gevent_log_handler_hangs',
    'attribute_named_exceptions',
    'listener_is_gone',
    'file_of_an_object_store',
  ])('%s: one line, and it aborts', async (row) => {
    const { signal, events, stderr } = await run(row, {}, environment());
    expect(signal, stderr).toBe('SIGABRT');
    expect(events).toHaveLength(1);
  });

  test.each(['bottom_of_the_stack', 'no_memory'])('%s: it aborts', async (row) => {
    expect(await run(row, {}, environment())).toMatchObject({ signal: 'SIGABRT' });
  });

  test.each(['debug', 'tests', 'runserver', 'ignore'])('%s: nothing is aborted or logged', async (row) => {
    expect(await run(row, {}, environment())).toMatchObject({ signal: undefined, exitCode: 0, events: [] });
  });

  test.each([
    ['debug', 'PYCRASH_UNDER_DEBUG'],
    ['tests', 'PYCRASH_UNDER_TESTS'],
    ['runserver', 'PYCRASH_UNDER_DEBUG'],
  ])('%s: it aborts where %s=1 asks for it', async (row, variable) => {
    expect(await run(row, { [variable]: '1' }, environment())).toMatchObject({ signal: 'SIGABRT' });
  });

  test.each(['0', 'off', 'false'])('PYCRASH=%s switches everything off', async (value) => {
    expect(await run('plain', { PYCRASH: value }, environment())).toMatchObject({
      signal: undefined,
      events: [],
    });
  });

  test('gevent: what a greenlet does not catch is seen', async () => {
    const { signal, stdout, events } = await run('gevent', {}, environment());
    expect({ signal, stdout, events: events.length }).toEqual({
      signal: 'SIGABRT',
      stdout: 'patched',
      events: 1,
    });
  });
});

test('one exception that passes two hooks is one crash', async () => {
  const { signal, events } = await run('same_exception_twice');
  expect(signal).toBeUndefined();
  expect(events).toMatchObject([{ decision: 'MODE is log: not aborting' }]);
});

test('an exception that takes no attributes is one crash, too', async () => {
  expect((await run('frozen_exception')).events).toHaveLength(1);
});

test('PYCRASH=0 wins over a mode that is set elsewhere', async () => {
  const { signal, events } = await run('plain', { PYCRASH: '0', PYCRASH_MODE: 'abort' });
  expect({ signal, events }).toEqual({ signal: undefined, events: [] });
});

test('a name of the service that is no name of a file has its budget', async () => {
  expect(await run('plain', { PYCRASH_SERVICE: 'shop/api' })).toMatchObject({ signal: 'SIGABRT' });
  expect(readdirSync(join(folder, 'budget'))).toEqual(['shop_api.budget']);
});

test('a file for the line that cannot be written: the line is on stderr', async () => {
  expect((await run('plain', { PYCRASH_LOG_FILE: '/nowhere/at/all' })).events).toHaveLength(1);
});

test('fork does not wait for a queue that nobody reads', async () => {
  const { exitCode, stdout } = await run('listener_is_gone', {
    WANTED: 'fork',
    PYCRASH_FLUSH_SECONDS: '3600',
  });
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining('still here') as string,
  });
});

test.each(['log', 'abort', 'fork'])('%s: where the process lives on, nothing is kept', async (mode) => {
  expect(await run('nothing_is_kept', { WANTED: mode })).toMatchObject({
    exitCode: 0,
    stdout: 'None 0',
  });
});

test('a body that is read by readinto() is known', async () => {
  expect(await run('readinto')).toMatchObject({ exitCode: 0, stdout: 'no crash', events: [] });
});

test('a group of both kinds aborts for its exception; an interrupt does not', async () => {
  expect((await run('base_exception_group')).signal).toBe('SIGABRT');
  expect(await run('keyboard_interrupt')).toMatchObject({ exitCode: 0, stdout: 'passed on', events: [] });
});

test('sendfile gets its file as it is', async () => {
  expect((await run('file_of_the_kernel')).stdout).toBe('True');
});

test('a server starts in a working directory that is gone', async () => {
  expect(await run('no_working_directory')).toMatchObject({ exitCode: 0, signal: undefined });
});

test.each([
  ['queue_handler', 'listened: pycrash: uncaught builtins.RuntimeError in MainThread: aborting'],
  ['memory_handler', 'pycrash: uncaught builtins.RuntimeError in MainThread: aborting'],
  ['memory_behind_queue', 'pycrash: uncaught builtins.RuntimeError in MainThread: aborting'],
  ['logging_is_configured_later', 'pycrash: uncaught builtins.RuntimeError in MainThread: aborting'],
  ['listener_is_gone', 'pycrash: uncaught builtins.RuntimeError in MainThread: aborting'],
  ['buffered_stdout', 'not lost'],
  ['callback_is_called', 'boom'],
])('%s: nothing that was written is lost', async (row, expected) => {
  const { signal, stdout } = await run(row);
  expect(signal).toBe('SIGABRT');
  expect(stdout).toContain(expected);
});

test('the line can go to a file, which is the owner’s alone', async () => {
  const file = join(folder, 'crashes.log');
  const { events } = await run('log_file', {
    PYCRASH_LOG_FILE: file,
    PYCRASH_VERSION: 'v7',
    PYCRASH_SERVICE: 'shop',
  });
  expect(events).toEqual([]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    event: 'crash',
    service: 'shop',
    version: 'v7',
    exception: 'builtins.RuntimeError',
    message: 'boom',
    traceback: expect.stringMatching(/robustness\.py", line \d+, in boom/) as string,
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    request_id: 'abc',
    method: 'GET',
    path: '/a/',
    decision: 'aborting',
  });
  expect((await execa('stat', ['-c', '%a', file])).stdout).toBe('600');
});

describe('the crash budget', () => {
  test('two crashes of a kind abort, the third is logged', async () => {
    const ends = [];
    for (let crash = 0; crash < 3; crash += 1) {
      const { signal, events } = await run('two_of_a_kind');
      ends.push([signal, events[0]?.['decision']]);
    }
    expect(ends).toEqual([
      ['SIGABRT', 'aborting'],
      ['SIGABRT', 'aborting'],
      [undefined, 'budget spent: not aborting'],
    ]);
  });

  test('a process waits for another that takes from it', async () => {
    const { signal, events } = await run('budget_in_use');
    expect(signal).toBeUndefined();
    expect(events).toMatchObject([{ decision: 'budget spent: not aborting' }]);
  });

  test('of eight processes at once exactly three abort', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => run('budget_of_three')));
    expect(outcomes.filter(({ signal }) => signal === 'SIGABRT')).toHaveLength(3);
  });

  test.each<[string, (directory: string) => void]>([
    ['a directory that others may enter', (directory) => mkdirSync(directory, { mode: 0o755 })],
    ['a file in its place', (directory) => writeFileSync(directory, '')],
    [
      'a link in place of the state',
      (directory) => {
        mkdirSync(directory, { mode: 0o700 });
        writeFileSync(join(folder, 'of-somebody-else'), '');
        symlinkSync(join(folder, 'of-somebody-else'), join(directory, 'abort_on_exception.budget'));
      },
    ],
    [
      'a state that is no state',
      (directory) => {
        mkdirSync(directory, { mode: 0o700 });
        writeFileSync(join(directory, 'abort_on_exception.budget'), 'what is this\n');
      },
    ],
  ])('%s: nothing is aborted, and it is logged', async (_, prepare) => {
    prepare(join(folder, 'budget'));
    const { signal, events } = await run('plain');
    expect(signal).toBeUndefined();
    expect(events).toMatchObject([{ decision: 'budget spent: not aborting' }]);
  });
});

test.each(['excepthook_is_replaced', 'threads_hook_is_replaced', 'threads_hook_fails'])(
  '%s: what replaced ours is called, and it aborts',
  async (row) => {
    const { signal, stdout, events } = await run(row);
    expect({ signal, stdout, events: events.length }).toEqual({
      signal: 'SIGABRT',
      stdout: "someone else's",
      events: 1,
    });
  },
);

test.each([
  'excepthook_is_called_for_what_is_handled',
  'debugger_keeps_what_it_looked_at',
  'interactive',
  'lost_transport',
])('%s: the program goes on', async (row) => {
  const { signal, stdout, events } = await run(row);
  expect({ signal, stdout, events }).toEqual({ signal: undefined, stdout: 'goes on', events: [] });
});

test('a handler of tasks of the program has them to itself, and the log says so', async () => {
  const { signal, stdout, events } = await run('own_handler_of_tasks');
  expect({ signal, events }).toEqual({ signal: undefined, events: [] });
  expect(stdout.match(/^.* handles what tasks raise/gm)).toEqual([
    'pycrash: __main__.someone_elses handles what tasks raise',
  ]);
  expect(stdout).toContain("someone else's");
});

test('the JSON line of a formatter is the only one', async () => {
  const { stdout, events } = await run('formatter');
  expect(events).toEqual([]);
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toMatchObject({
    event: 'crash',
    exception: 'builtins.RuntimeError',
  });
});

test('a group is ignored only where all of its leaves are', async () => {
  const { signal, stdout } = await run('group_of_ignored');
  expect({ signal, stdout }).toEqual({ signal: 'SIGABRT', stdout: 'ignored' });
});

test('Sentry has the event before the process is gone', async () => {
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    // only a whole request counts: one that the abort cut off has no end
    request.on('end', () => {
      bodies.push(Buffer.concat(parts));
      response.end('{}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  try {
    const environment = pythonEnvironment('3.12', ['django==5.2.*', 'sentry-sdk']);
    const env = { DSN: `http://key@127.0.0.1:${port}/1` };
    expect((await run('sentry', env, environment)).signal).toBe('SIGABRT');
  } finally {
    server.close();
  }
  const events = bodies.map((body) => (body[0] === 0x1f ? gunzipSync(body) : body).toString());
  expect(events).toContainEqual(expect.stringContaining('"value":"for Sentry"'));
});

test('SAMPLE 0 only logs', async () => {
  const { signal, events } = await run('plain', { PYCRASH_SAMPLE: '0' });
  expect(signal).toBeUndefined();
  expect(events).toMatchObject([{ decision: 'not in the sample: not aborting' }]);
});

test.each([
  ["{'MODE': 'explode'}", "MODE is one of ('abort', 'fork', 'log', 'off'), not 'explode'."],
  ["{'BUDGIE': 1}", 'PYCRASH has no option BUDGIE, only MODE, BUDGET,'],
  ["{'BUDGET': 'five'}", "BUDGET is a int, not 'five'."],
  ["{'BUDGET': True}", 'BUDGET is a int, not True.'],
  ["{'BUDGET': -1}", 'BUDGET is a int, not -1.'],
  ["{'IGNORE': 5}", 'IGNORE is a list, not 5.'],
  ["{'FLUSH_SECONDS': float('nan')}", 'FLUSH_SECONDS is a float, not nan.'],
  ["{'FLUSH_SECONDS': float('inf')}", 'FLUSH_SECONDS is a float, not inf.'],
  ["{'ONLY': ['a.B']}", 'PYCRASH has no option ONLY,'],
  ["{'UNDER_TERMINAL': True}", 'PYCRASH has no option UNDER_TERMINAL,'],
  ['[]', 'PYCRASH has no option [], only MODE, BUDGET,'],
])('PYCRASH = %s is found by the system check', async (options, expected) => {
  expect((await run('errors', { OPTIONS: options })).stdout).toContain(`pycrash.E001 `);
  expect((await run('errors', { OPTIONS: options })).stdout).toContain(expected);
});

test('a bad value of the environment is found, too', async () => {
  expect((await run('errors', { OPTIONS: '{}', PYCRASH_BUDGET: 'many' })).stdout).toBe(
    "pycrash.E001 PYCRASH: BUDGET is a int, not 'many'.",
  );
});

test('good values pass', async () => {
  const options = "{'MODE': 'fork', 'SAMPLE': 1, 'IGNORE': ('a.B',), 'CALLBACKS': 'a.b', 'BUDGET': '5'}";
  expect(await run('errors', { OPTIONS: options })).toMatchObject({ exitCode: 0, stdout: '' });
});

test('a server does not start with bad values', async () => {
  expect((await run('middleware_refuses')).stdout).toContain('MODE is one of');
});

test('why there would be no core is said once', async () => {
  expect((await run('warning')).stdout).toBe(
    'pycrash: a crash would leave no core: the core limit is 0, and so is the hard one: LimitCORE=infinity',
  );
});

/** Runs a row with a soft limit of 0 and a hard one without limit, in a folder of its own, once the shell has done `before`. */
async function runWithCore(row: string, env: Record<string, string> = {}, before = ''): Promise<Outcome> {
  const [command, ...args] = newest().command('python', ['robustness.py', row]);
  const result = await execa('sh', ['-ec', `ulimit -Sc 0; ${before} exec "$@"`, 'sh', command, ...args], {
    cwd: folder,
    env: { PYCRASH_BUDGET_DIRECTORY: join(folder, 'budget'), ...env },
    reject: false,
  });
  return {
    stdout: result.stdout,
    stderr: result.stderr,
    exitCode: result.exitCode,
    signal: result.signal,
    events: [],
  };
}

/** The same with mounts of its own: /var/tmp is everybody's. */
function runInNamespace(row: string, mounts: string): Promise<Outcome> {
  return runWithCore(row, {}, `exec unshare --mount sh -ec '${mounts} exec "$@"' sh "$@";`);
}

/** Paths of the cores in the folder and in those below it. */
function cores(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^core(\.\d+)?$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function coreFile(): string | undefined {
  return readdirSync(folder).find((name) => /^core(\.\d+)?$/.test(name));
}

describe('with cores', () => {
  test('a change of user is named, unless DUMPABLE undoes it', async (context) => {
    needs(context, 'root', 'plain core pattern');
    expect((await runWithCore('changed_user', { WANTED: '0' })).stdout).toBe(
      'pycrash: a crash would leave no core: the process has changed its user: User= in the unit, or DUMPABLE',
    );
    expect((await runWithCore('changed_user', { WANTED: '1' })).stdout).not.toContain('changed its user');
  });

  test.for(['plain', 'log_handler_hangs', 'fork'])(
    '%s: the soft limit is lifted, and the core leads to the exception',
    async (row, context) => {
      needs(context, 'plain core pattern');
      const { signal } = await runWithCore(row);
      expect(signal).toBe(row === 'fork' ? undefined : 'SIGABRT');
      const { stdout } = await pycrash(['report', '--json', join(folder, coreFile() ?? 'no core')]);
      const report = JSON.parse(stdout) as { exceptions: unknown[] };
      expect(report.exceptions[0]).toMatchObject({
        foundVia: 'local "exception" of abort_with_core',
        chain: [{ type: 'RuntimeError', message: 'boom' }],
      });
    },
  );

  test('fork: the process lives on, and there is a core', async (context) => {
    needs(context, 'plain core pattern');
    const { signal, exitCode, stdout } = await runWithCore('fork');
    expect({ signal, exitCode, stdout }).toEqual({ signal: undefined, exitCode: 0, stdout: 'still here' });
    expect(coreFile()).toBeDefined();
  });

  test.for(['plain', 'log_handler_hangs', 'fork', 'no_working_directory'])(
    '%s: where the working directory cannot take the core, another one does',
    async (row, context) => {
      needs(context, 'plain core pattern', 'core_uses_pid 0');
      for (const name of ['core', 'state', 'own']) mkdirSync(join(folder, name));
      const env = { CRASH: '1', STATE_DIRECTORY: `${folder}/state:${folder}/no-such` };
      const { stderr } = await runWithCore(row, env);
      expect(cores()).toEqual(['state/core']);
      expect(stderr).toContain(`"core": "${folder}/state/core"`);
      await runWithCore(row, { ...env, PYCRASH_CORE_DIRECTORY: `${folder}/own` });
      expect(cores()).toEqual(['own/core', 'state/core']);
    },
  );

  test('where the working directory takes the core, it goes there', async (context) => {
    needs(context, 'plain core pattern');
    mkdirSync(join(folder, 'state'));
    await runWithCore('plain', { STATE_DIRECTORY: join(folder, 'state') });
    expect(coreFile()).toBeDefined();
    expect(cores().filter((name) => name.startsWith('state/'))).toEqual([]);
  });

  test('without a folder of its own the core goes to /var/tmp', async (context) => {
    needs(context, 'root', 'plain core pattern', 'core_uses_pid 0');
    mkdirSync(join(folder, 'core'));
    mkdirSync(join(folder, 'temporary'));
    await runInNamespace('plain', 'mount --bind temporary /var/tmp;');
    expect(cores()).toEqual([`temporary/pycrash-0/core`]);
  });

  test.for([
    ['cannot be written to', 'mount -t tmpfs -o ro none /var/tmp;'],
    ['has one that others may enter', 'mount -t tmpfs none /var/tmp; mkdir -m 777 /var/tmp/pycrash-0;'],
  ])('a folder in the way of the core is named where /var/tmp %s', async ([, mounts], context) => {
    needs(context, 'root', 'plain core pattern', 'core_uses_pid 0');
    mkdirSync(join(folder, 'core'));
    const { stdout } = await runInNamespace('warning', mounts ?? '');
    expect(stdout).toContain(`${folder}/core is a directory: sysctl kernel.core_uses_pid=1`);
  });

  test.each([
    ['0', '0'],
    ['1', '1'],
  ])('DUMPABLE=%s after a change of user: dumpable is %s', async (wanted, dumpable) => {
    const { stdout } = await runWithCore('dumpable', { WANTED: wanted });
    expect(stdout).toBe(dumpable);
  });
});
