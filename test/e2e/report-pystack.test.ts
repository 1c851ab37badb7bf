import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { makeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

test.each(['3.11 debian', '3.12', '3.9'])(
  'pystack sees the same frames of the threads of Python %s',
  async (id) => {
    const build = pythonBuild(id);
    if (build === undefined) throw new Error(`needs Python ${id}`);
    const { folder } = pythonEnvironment('3.11', ['pystack==1.7.2']);
    const core = await makeCore(build, 'threads');
    try {
      const output = execFileSync(`${folder}/bin/pystack`, ['core', core.path, build.program], {
        encoding: 'utf8',
      });
      const theirs = new Map<number, string[]>();
      let thread = 0;
      for (const line of output.split('\n')) {
        thread = Number(/^Traceback for thread (\d+)/.exec(line)?.[1] ?? thread);
        const frame = /^ +\(Python\) File "(.*)", line (\d+), in (.*)$/.exec(line);
        if (frame !== null)
          theirs.set(thread, [`${frame[1]}:${frame[2]} ${frame[3]}`, ...(theirs.get(thread) ?? [])]);
      }
      expect(theirs.size).toBe(9);
      const report = JSON.parse((await pycrash(['report', core.path, '--json'])).stdout) as CrashReport;
      for (const { osThreadId, frames } of report.threads) {
        // pystack gives co_name, a report the qualified name
        const ours = frames.map((frame) => `${frame.file}:${frame.line} ${frame.function.split('.').at(-1)}`);
        expect(theirs.get(osThreadId)?.map((frame) => frame.replace(/ \S*\.(?=[^.]+$)/, ' '))).toEqual(ours);
      }
    } finally {
      core.remove();
    }
  },
);
