import type { Application, Project } from '../project/project.ts';
import { modulesToWire } from './middleware.ts';
import { MIDDLEWARE_CLASS, moduleName, type Kind, type Situation, type Wiring } from './wiring.ts';

/**
 * What of the wiring that was asked for is not in force in `project`, the repository as it is after the edits: our
 * entry not in MIDDLEWARE, or not where it was promised to be; an entry point that is not wrapped.
 */
export function unmetExpectations(
  project: Project,
  before: Situation,
  wirings: ReadonlyMap<Kind, Wiring>,
): Map<Kind, Wiring['impossible']> {
  const unmet = new Map<Kind, Wiring['impossible']>();
  const after = project.applications.find(
    ({ framework, importRoot, packageName }) =>
      framework === before.application.framework &&
      importRoot === before.application.importRoot &&
      packageName === before.application.packageName,
  );
  const check = (kind: Kind, find: (application: Application) => Wiring['impossible']): void => {
    const wishes = wirings.get(kind)?.wishes ?? [];
    if (!wishes.some((wish) => 'insertions' in wish)) return;
    const found =
      after === undefined ? [{ path: '', reason: 'the project cannot be read after the edit' }] : find(after);
    if (found.length > 0) unmet.set(kind, found);
  };
  check('settings', (application) => unmetMiddleware(application, before));
  for (const part of ['entry-points', 'manage'] as const) {
    const edited = new Set(
      (wirings.get(part)?.wishes ?? []).flatMap((wish) =>
        'insertions' in wish && wish.instead === true && wish.insertions.length === 0 ? [] : [wish.path],
      ),
    );
    check(part, ({ entryPoints }) =>
      entryPoints
        .filter(
          ({ file, wrapped, commandOption }) =>
            wrapped === undefined && commandOption === undefined && edited.has(file),
        )
        .map(({ file }) => ({
          path: file,
          reason: `${file}: after an edit the ${part === 'manage' ? 'hooks would still not be installed' : 'application would still not be wrapped'}`,
        })),
    );
  }
  return unmet;
}

function unmetMiddleware(application: Application, before: Situation): Wiring['impossible'] {
  const entry = `${moduleName(application)}.${MIDDLEWARE_CLASS}`;
  return modulesToWire(before).flatMap((settings) => {
    const place = settings.middleware?.firstPlace;
    if (place === undefined) return [];
    const elements =
      application.settings.find(
        ({ module, className }) => module === settings.module && className === settings.className,
      )?.middleware?.elements ?? [];
    const at = elements.findIndex(({ value }) => value.kind === 'string' && value.value === entry);
    if (at === 0 || (at > 0 && !place.effective)) return [];
    return [
      {
        path: settings.file,
        reason:
          `${settings.file}: after an edit at line ${place.literal.line} our entry would be ` +
          `${at === -1 ? 'missing from' : `number ${at + 1} in`} MIDDLEWARE. ` +
          `Make this its first entry: '${entry}'`,
      },
    ];
  });
}
