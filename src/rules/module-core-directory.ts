import type { Project, Service } from '../project/project.ts';
import { readOnly } from './read-only-paths.ts';
import { ownFolder, unitService } from './unit-services.ts';
import { hasModule } from './wired.ts';

/** What that means for a crash, behind what is said of the working directory. */
export function goesTo(directory: string): string {
  return `: the generated module goes to ${directory} for its core, and a crash that it does not see leaves none`;
}

const TEMPORARY = '/var/tmp';

/**
 * Where the generated module goes if the working directory of the service cannot take its core (its option
 * CORE_DIRECTORY); undefined where the service has no module, and where a core is not kept there.
 */
export function coreDirectoryOfModule(project: Project, service: Service): string | undefined {
  if (!hasModule(project, service)) return undefined;
  const own = service.environment.get('PYCRASH_CORE_DIRECTORY')?.value;
  if (own !== undefined) return own;
  const unit = unitService(service);
  if (unit === undefined) {
    const { containerFiles } = service;
    const isMounted =
      containerFiles?.mounts.some(({ path, readOnly: closed }) => path === TEMPORARY && closed !== true) ===
      true;
    return containerFiles?.readOnlyRoot === undefined || isMounted ? TEMPORARY : undefined;
  }
  const [state] = unit.keys.words('StateDirectory');
  if (state !== undefined) return ownFolder('/var/lib', state);
  const isPrivate = unit.keys.isYes('PrivateTmp') || unit.keys.isYes('DynamicUser');
  return isPrivate || readOnly(TEMPORARY, unit) !== undefined ? undefined : TEMPORARY;
}
