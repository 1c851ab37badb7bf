// `pycrash report` against pystack and gdb's py-bt on the same cores of three sizes. Needs Debian's python3.11 and
// python3.11-dbg, because py-bt needs the symbols; the report does not.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonEnvironment } from '../python-environment.ts';
import { compare, printRatios } from './whole-process.ts';

// npm run bench starts it in the repository.
const ROOT = process.cwd();
const PYTHON = '/usr/bin/python3.11';

const pystack = join(pythonEnvironment('3.11', ['pystack==1.7.2']).folder, 'bin/pystack');
const folder = mkdtempSync(join(tmpdir(), 'pycrash-bench-'));
try {
  for (const megabytes of [24, 490, 2000]) {
    const limited = [
      '--core=unlimited:unlimited',
      PYTHON,
      join(ROOT, 'test/bench/report.py'),
      String(megabytes),
    ];
    spawnSync('prlimit', limited, { cwd: folder, stdio: 'ignore' });
    const name = readdirSync(folder).find((file) => file.startsWith('core'));
    if (name === undefined) throw new Error('no core was written: see /proc/sys/kernel/core_pattern');
    const core = join(folder, name);
    const gdb = ['gdb', '--batch', '-nx', '-ex', 'py-bt', PYTHON, core] as const;
    process.stdout.write(`core of ${(statSync(core).size / 1e6).toFixed(0)} MB\n`);
    printRatios(
      compare(
        [
          { name: 'pystack core --locals', command: [pystack, 'core', '--locals', core, PYTHON] },
          {
            name: 'pystack core --locals --native',
            command: [pystack, 'core', '--locals', '--native', core, PYTHON],
          },
          { name: 'pystack core', command: [pystack, 'core', core, PYTHON] },
          { name: 'gdb py-bt', command: gdb },
          {
            name: 'pycrash report',
            command: [process.execPath, join(ROOT, 'dist/pycrash.js'), 'report', core],
          },
          {
            name: 'pycrash report --json',
            command: [process.execPath, join(ROOT, 'dist/pycrash.js'), 'report', core, '--json'],
          },
          { name: 'node -e 0', command: [process.execPath, '-e', '0'] },
        ],
        5,
      ),
    );
    rmSync(core);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
