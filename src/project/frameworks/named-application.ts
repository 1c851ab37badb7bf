import { foldersOf } from '../deployed-paths.ts';
import type { Service } from '../project.ts';

/** What a start command names, e.g. `shop:create_app()`, and the folders of the tree from which that may be imported, the likelier ones first. */
export interface Named {
  name: string;
  folders: readonly string[];
}

/** What the command of a service names to its server, in every form that this may have; nothing where it names none. */
export function namedTo(service: Service): Named[] {
  const { application, server } = service.command?.value ?? {};
  if (application === undefined) return [];
  const folders = foldersOf(service);
  const names =
    server === 'flask run' && !application.includes(':')
      ? FOUND_BY_FLASK.map((object) => `${application}:${object}`)
      : [application];
  return names.map((name) => ({ name, folders }));
}

/** What Flask looks for in the module that FLASK_APP names (flask/cli.py, find_best_app). */
const FOUND_BY_FLASK = ['app', 'application', 'create_app', 'make_app'];
