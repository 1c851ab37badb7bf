import { expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { needs } from '../parts.ts';
import { aarch64Root, makeAarch64Core } from './cores/aarch64.ts';
import { disagreements } from './cores/agreement.ts';
import { pycrash } from './pycrash.ts';

test.for(['except', 'excepthook'])(
  'a core of aarch64 says what its process said: %s',
  async (scenario, context) => {
    needs(context, 'linux', 'qemu-aarch64-static');
    const core = await makeAarch64Core(scenario);
    try {
      const { stdout, exitCode } = await pycrash(['report', core.path, '--sysroot', aarch64Root(), '--json']);
      expect(exitCode).toBe(0);
      const report = JSON.parse(stdout) as CrashReport;
      expect(disagreements(report, core.oracle)).toEqual([]);
      expect(report.exceptions[0]?.chain).toHaveLength(3);
      expect(report.process.environment?.['PWD']).toBe(process.env['PWD']);
    } finally {
      core.remove();
    }
  },
);
