// Where stdout and stderr are pipes whose reader is slow or gone: Python makes them, because Node's own are blocking.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pycrash } from './pycrash.ts';

const run = promisify(execFile);
const BIN = resolve('dist/pycrash.js');
const SARIF = ['check', resolve('examples/django-shop'), '--format', 'sarif'];

test('a pipe that takes 4 KiB at a time without waiting gets all of it, in order', async () => {
  const { stdout: whole } = await pycrash(SARIF);
  expect(whole.length).toBeGreaterThan(3 * 4096);
  const slow = `
import array, fcntl, os, subprocess, sys, termios, time
reader, writer = os.pipe()
fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ
os.set_blocking(writer, False)
command = subprocess.Popen(sys.argv[1:], stdout=writer)
waiting = array.array('i', [0])
while waiting[0] < 4096 and command.poll() is None:
    fcntl.ioctl(reader, termios.FIONREAD, waiting)
    time.sleep(0.01)
os.close(writer)
with open(reader, 'rb') as pipe:
    sys.stdout.buffer.write(pipe.read())
print(command.wait(), file=sys.stderr)
`;
  const { stdout, stderr } = await run('python3', ['-c', slow, process.execPath, BIN, ...SARIF]);
  expect(stdout).toBe(whole);
  expect(stderr).toBe('1\n');
});

const withoutReader = `
import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
done = subprocess.run(sys.argv[2:], stderr=subprocess.PIPE, **{sys.argv[1]: writer})
print(done.returncode, done.stderr or b'')
`;

test('nobody reads stdout: the end, without a word', async () => {
  const { stdout } = await run('python3', ['-c', withoutReader, 'stdout', process.execPath, BIN, ...SARIF]);
  expect(stdout).toBe("0 b''\n");
});

test('nobody reads stdout of the help', async () => {
  const { stdout } = await run('python3', ['-c', withoutReader, 'stdout', process.execPath, BIN, '--help']);
  expect(stdout).toBe("0 b''\n");
});

test('nobody reads stderr: the exit code is still what it is', async () => {
  const code = withoutReader.replace('stderr=subprocess.PIPE, ', '');
  const { stdout } = await run('python3', ['-c', code, 'stderr', process.execPath, BIN, 'frobnicate']);
  expect(stdout).toBe("2 b''\n");
});
