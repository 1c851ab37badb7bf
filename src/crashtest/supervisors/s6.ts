import { readFileSync } from 'node:fs';
import { descendants } from '../../host/processes.ts';
import { ask, runs, SERVICES, whyDown, writeServiceFolder } from './run-folder.ts';
import { programOfSupervisor, startSupervised, type Supervision } from './supervised.ts';
import type { StartableSupervisor } from './supervisor.ts';

const supervision: Supervision = {
  kind: 's6',
  program: 's6-svscan',
  package: 's6',
  configure: writeServiceFolder,
  words: (program) => [program, SERVICES],
  ready: (_, first) => runs(first, 's6-svscan'),
  mainPid: (setup, first) => {
    const below = descendants(first);
    const own = below.find(
      ({ pid }) => commandLine(pid).join(' ') === `s6-supervise ${setup.deployment.name}`,
    );
    const child = below.find(({ parent }) => parent === own?.pid);
    // between two runs it is ./finish; what was forked for either still is s6-supervise
    return child !== undefined &&
      !commandLine(child.pid).some((word) => word === 's6-supervise' || word.endsWith('finish'))
      ? child.pid
      : undefined;
  },
  // s6-supervise waits until a second has gone since the last start, and what ends at once is hardly ever seen: so it is
  // asked whether it wants the service up (s6-svstat)
  failure: async (setup, first, down) =>
    down > 4 && (await ask(setup, first, 's6-svstat', '-o', 'wantedup')).trim() === 'false'
      ? `s6-supervise does not start it${whyDown(setup, first)}`
      : undefined,
  exits: async (setup, first) =>
    (await ask(setup, first, 's6-svdt')).split('\n').flatMap((line) => {
      const [, how] = /^@[0-9a-f]+ (.+)$/.exec(line) ?? [];
      return how === undefined ? [] : [how];
    }),
  restarts: () => ({ pause: 1, crashes: 3, givesUp: undefined }),
};

/** The project's own service folder, or the snippet's, under a real s6-svscan. */
export const s6: StartableSupervisor = {
  name: 's6',
  isHere: () => programOfSupervisor(supervision) !== undefined,
  start: (request) => startSupervised(request, supervision),
};

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
