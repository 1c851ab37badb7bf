import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';

const HOOK = (body: string) =>
  `class Abort:\n    def process_exception(self, request, exception):\n        ${body}\n`;

test.each([
  ['os.kill', 'os.kill(os.getpid(), signal.SIGABRT)', ['signal 1:1 os.kill']],
  ['imported names', 'kill(getpid(), SIGABRT)', ['signal 1:1 kill']],
  ['raise_signal', 'signal.raise_signal(signal.SIGABRT)', ['signal 1:1 signal.raise_signal']],
  ['another signal', 'os.kill(pid, signal.SIGTERM)  # not SIGABRT', []],
  ['a handler', 'signal.signal(signal.SIGABRT, stop)', []],
  ['os.abort outside of the hook', 'def stop():\n    os.abort()\n', []],
  ["Flask's abort", 'abort(404)', []],
  ['the hook', HOOK('os.abort()'), ['process-exception 3:9 os.abort']],
  ['the hook, nested', HOOK('if exception:\n            os.abort()'), ['process-exception 4:13 os.abort']],
  [
    'no core limit',
    'resource.setrlimit(resource.RLIMIT_CORE, (0, hard))',
    ['core-limit 1:1 resource.setrlimit'],
  ],
  ['imported', 'setrlimit(RLIMIT_CORE, [0, 0])', ['core-limit 1:1 setrlimit']],
  ['lifting the limit', 'resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))', []],
  ['another limit', 'resource.setrlimit(resource.RLIMIT_CPU, (0, 1))  # RLIMIT_CORE', []],
  ['a child', 'def limits():\n    setrlimit(RLIMIT_CORE, (0, 0))\nrun(x, preexec_fn=limits)\n', []],
  ['prctl by number', 'libc.prctl(4, 0, 0, 0, 0)', ['not-dumpable 1:1 libc.prctl']],
  ['prctl by name', 'prctl(PR_SET_DUMPABLE, 0)', ['not-dumpable 1:1 prctl']],
  ['prctl with a C type', 'libc.prctl(4, ctypes.c_ulong(0))', ['not-dumpable 1:1 libc.prctl']],
  ['python-prctl', 'prctl.set_dumpable(False)', ['not-dumpable 1:1 prctl.set_dumpable']],
  ['dumpable again', 'libc.prctl(4, 1, 0, 0, 0)\nprctl.set_dumpable(True)', []],
  ['another prctl', 'libc.prctl(1, 0)\nlibc.prctl(40, 0)', []],
  ['a text', 'HELP = "os.kill(os.getpid(), signal.SIGABRT)"', []],
  ['broken Python', 'os.kill(os.getpid(), signal.SIGABRT)\nx = (\n', ['signal 1:1 os.kill']],
])('%s', async (_name, source, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-abort-code-'));
  try {
    writeFileSync(join(root, 'code.py'), source);
    writeFileSync(join(root, 'test_code.py'), 'os.kill(os.getpid(), signal.SIGABRT)\n');
    const { abortCode } = await readProject(root);
    expect(abortCode.map(({ kind, at, call }) => `${kind} ${at.line}:${at.column} ${call}`)).toEqual(
      expected,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});
