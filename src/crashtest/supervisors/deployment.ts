import { join } from 'node:path';
import { otherSnippet } from '../../wiring/units/other-supervisors.ts';
import type { LaunchRequest } from '../launch.ts';
import { programOf } from '../python.ts';
import { deployedFolders, userOf } from './unit-facts.ts';

/** How a service is deployed where it has no unit: what the project's own configuration says, or a snippet of ours. */
export interface Deployment {
  name: string;
  user: string | undefined;
  /** Where the tree and its virtual environment are. */
  folders: { tree: string; environment: string | undefined };
  workingDirectory: string | undefined;
  /** What the service has in its environment. */
  environment: Readonly<Record<string, string>>;
  /** The configuration as it stands in the repository: its file, from the root; absent where `snippet` is used. */
  file?: string;
  /** What `pycrash unit KIND` prints. */
  snippet?: string;
}

const USER = 'www-data';

/** The deployment under a supervisor of that kind (as `pycrash unit` has it). */
export function deploymentOf({ target, python, options }: LaunchRequest, kind: string): Deployment {
  const { service } = target;
  if (service !== undefined) {
    return {
      name: service.name,
      user: options.user ?? userOf(service),
      folders: deployedFolders(service, target.folder),
      workingDirectory: service.workingDirectory?.value,
      environment: target.environment,
      file: service.file,
    };
  }
  const name = 'application';
  const user = options.user ?? USER;
  const tree = `/srv/${name}`;
  const command =
    typeof target.command === 'string'
      ? target.command
      : [programOf(target.command[0] ?? '', python), ...target.command.slice(1)].join(' ');
  const workingDirectory = join(tree, target.folder).replace(/(.)\/+$/, '$1');
  const pythonPath = [workingDirectory, target.environment['PYTHONPATH'] ?? ''].filter(Boolean).join(':');
  return {
    name,
    user,
    folders: { tree, environment: undefined },
    workingDirectory: `/var/lib/${name}`,
    environment: { ...target.environment, PYTHONPATH: pythonPath },
    snippet: otherSnippet(kind, { name, user, workingDirectory, command }).text,
  };
}
