import type { StartableSupervisor } from './supervisor.ts';
import { none } from './none.ts';
import { runit } from './runit.ts';
import { s6 } from './s6.ts';
import { supervisord } from './supervisord.ts';
import { systemd } from './systemd.ts';

const SUPERVISORS: readonly StartableSupervisor[] = [none, systemd, supervisord, runit, s6];

/** What `--supervisor` takes. */
export const STARTABLE: readonly string[] = SUPERVISORS.map(({ name }) => name);

/** The supervisor of that name, which is one of `STARTABLE`. */
export function findSupervisor(name: string): StartableSupervisor {
  return SUPERVISORS.find((supervisor) => supervisor.name === name) ?? none;
}
