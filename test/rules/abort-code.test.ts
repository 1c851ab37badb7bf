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
