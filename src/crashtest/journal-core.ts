import { execa } from 'execa';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CollectedCore } from './core-file.ts';
import { waitFor } from './wait.ts';

/**
 * Takes the core of a process out of systemd-coredump, which needs a while after the process has ended; undefined where
 * coredumpctl(1) has none in time, or is not here. `outside` is the pid in this pid namespace, as %P of a core pattern.
 */
export async function dumpFromJournal(
  outside: number,
  pid: number,
  to: string,
  seconds: number,
): Promise<CollectedCore | undefined> {
  const file = join(to, `core.${pid}`);
  const found = await waitFor<CollectedCore | null>(
    seconds,
    async () => {
      const match = `COREDUMP_PID=${outside}`;
      const words = ['--quiet', '--no-pager', 'dump', match, '--output', file];
      const { exitCode, code } = await execa('coredumpctl', words, { reject: false, stdin: 'ignore' });
      if (code === 'ENOENT') return null;
      if (exitCode === 0)
        return { path: `coredumpctl dump ${outside}`, file, bytes: statSync(file).size, pid };
      rmSync(file, { force: true });
      return undefined;
    },
    0.2,
  );
  return found ?? undefined;
}
