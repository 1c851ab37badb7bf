import type { Service } from '../../project/project.ts';
import type { StartableSupervisor } from './supervisor.ts';
import { compose } from './compose.ts';
import { none } from './none.ts';
import { runit } from './runit.ts';
import { s6 } from './s6.ts';
import { supervisord } from './supervisord.ts';
import { systemd } from './systemd.ts';

const SUPERVISORS: readonly StartableSupervisor[] = [none, systemd, supervisord, runit, s6, compose];

/**
 * The supervisor that the project has the service under, and that can be started here; `none` where there is no such.
 * `leftOut` says which one the project has and why it is not the one.
 */
export function chosenSupervisor(services: readonly Service[]): {
  supervisor: string;
  leftOut: string | undefined;
} {
  const wanted = SUPERVISORS.find(
    ({ name, isHere }) => isHere !== undefined && services.some(({ supervisor }) => supervisor === name),
  );
  if (wanted === undefined) return { supervisor: 'none', leftOut: undefined };
  if (process.getuid?.() !== 0 && wanted.worksWithoutRoot?.() !== true) {
    const or = wanted.worksWithoutRoot === undefined ? '' : ', or a systemd of this user (systemctl --user)';
    return { supervisor: 'none', leftOut: `not under ${wanted.name}: that takes root${or}` };
  }
  return wanted.isHere?.() === true
    ? { supervisor: wanted.name, leftOut: undefined }
    : { supervisor: 'none', leftOut: `not under ${wanted.name}: it is not on this machine` };
}

/** What `--supervisor` takes. */
export const STARTABLE: readonly string[] = SUPERVISORS.map(({ name }) => name);

/** The supervisor of that name, which is one of `STARTABLE`. */
export function findSupervisor(name: string): StartableSupervisor {
  return SUPERVISORS.find((supervisor) => supervisor.name === name) ?? none;
}
