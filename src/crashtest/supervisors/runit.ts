import { existsSync, readFileSync } from 'node:fs';
import { descendants, ownPid } from '../../host/processes.ts';
import { runs, SERVICES, serviceFolder, whyDown, writeServiceFolder } from './run-folder.ts';
import { programOfSupervisor, startSupervised, type Setup, type Supervision } from './supervised.ts';
import type { StartableSupervisor } from './supervisor.ts';

const supervision: Supervision = {
  kind: 'runit',
  program: 'runsvdir',
  package: 'runit',
  configure: writeServiceFolder,
  words: (program) => [program, '-P', SERVICES],
  ready: (_, first) => runs(first, 'runsvdir'),
  mainPid: (setup, first) => {
    const own = Number(supervise(setup, first, 'pid'));
    return own > 0 ? descendants(first).find(({ pid }) => ownPid(pid) === own)?.pid : undefined;
  },
  // runsv(8) waits a second before it starts it again
  failure: (setup, first, down) =>
    down > 4 && supervise(setup, first, 'stat').startsWith('down')
      ? `runsv says down${whyDown(setup, first)}`
      : undefined,
  // runsv tells a finish script only
  exits: () => Promise.resolve([]),
  restarts: () => ({ pause: 1, crashes: 3, givesUp: undefined }),
};

/** The project's own service folder, or the snippet's, under a real runsvdir. */
export const runit: StartableSupervisor = {
  name: 'runit',
  isHere: () => programOfSupervisor(supervision) !== undefined,
  start: (request) => startSupervised(request, supervision),
};

/** A file of runsv's own, runsv(8). */
function supervise(setup: Setup, first: number, name: string): string {
  const file = `/proc/${first}/root${serviceFolder(setup)}/supervise/${name}`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}
