import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { interpreter, PYTHON_VERSIONS, pythonEnvironment } from './python-environment.ts';

test.for(PYTHON_VERSIONS)(
  'a program of an environment of Python %s runs in a shared folder',
  (version, context) => {
    if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
    const folder = mkdtempSync(join(tmpdir(), 'pycrash-environment-'));
    try {
      const [command, ...args] = pythonEnvironment(version, ['asgiref']).command(
        'python',
        ['-c', 'import asgiref, sys; open("said", "w").write("%d.%d" % sys.version_info[:2])'],
        { cwd: folder, share: [folder] },
      );
      execFileSync(command, args, { cwd: folder });
      expect(readFileSync(join(folder, 'said'), 'utf8')).toBe(version);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
