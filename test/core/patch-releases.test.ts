import { expect, test } from 'vitest';
import { openLocalFile } from '../../src/core/local-files.ts';
import { layoutOf, TABLES } from '../../src/core/python/layouts.ts';
import { readCore } from '../../src/core/read-core.ts';
import { makeCore } from '../e2e/cores/make-core.ts';
import { pythonBuild } from '../e2e/cores/python-builds.ts';

// 3.14.0 to 3.14.4 have 240 bytes there, 3.14.5 and later 264: a table of the one has to read a process of the other.
test.each([0, -24, 24])(
  'the tasks of ended threads are found where the garbage collector has %i bytes more in the table',
  async (more) => {
    const build = pythonBuild('3.14');
    const table = TABLES.find(({ version }) => version === '3.14');
    if (build === undefined || table === undefined) throw new Error('needs Python 3.14');
    const number = (field: string): number => Number(table.offsets[field]);
    const offsets = {
      ...table.offsets,
      'gc.size': number('gc.size') + more,
      'interpreter.tasks': number('interpreter.tasks') + more,
    };
    const core = await makeCore(build, 'ended', { program: 'roots.py' });
    const source = openLocalFile(core.path);
    try {
      if (source === undefined) throw new Error('no core');
      const options = {
        path: core.path,
        sysroot: build.sysroot ?? '/',
        layouts: [layoutOf({ ...table, offsets })],
      };
      const { tasks } = await readCore(source, options);
      expect(tasks?.map(({ name, awaits }) => [name, awaits?.[0]])).toEqual([
        ['left behind', 'ended.<locals>.waiting'],
      ]);
    } finally {
      source?.close();
      core.remove();
    }
  },
);
