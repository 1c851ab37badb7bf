import type { Application, Project, Service, Span, StaticValue } from '../project/project.ts';

/** Is this entry of MIDDLEWARE the class of the generated module, in whatever package? */
export function isOurMiddleware(value: StaticValue): boolean {
  return (
    value.kind === 'string' &&
    /(^|\.)abort_on_exception\.AbortOnUncaughtExceptionMiddleware$/.test(value.value)
  );
}

/** The beginning of a file: where a finding about something that is missing from it stands. */
export function startOf(file: string): Span {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 };
}

/**
 * Has what the service runs a generated module? It lifts the soft core limit to the hard one when it is imported, and
 * before an abort it leaves a working directory that cannot take the core.
 */
export function hasModule(project: Project, service: Service): boolean {
  const own = applicationsOf(project, service);
  return (
    own.length > 0 &&
    own.every(({ generated }) => generated !== undefined && generated.state !== 'unrecognised')
  );
}

/**
 * The applications of the tree that the service may run: of several those whose module its command names, then the
 * nearest ones by their folders (two projects can have a package of the same name). Where nothing tells, all.
 */
export function applicationsOf(
  { applications }: Project,
  { command, file }: Service,
): readonly Application[] {
  if (applications.length < 2) return applications;
  const module = command?.value.application?.split(':')[0];
  const named = applications.filter(({ entryPoints }) =>
    entryPoints.some((entry) => entry.module === module),
  );
  const candidates = named.length > 0 ? named : applications;
  const shared = (folder: string) => {
    const parts = folder.split('/').filter((part) => part !== '');
    const other = file.split('/');
    const differs = parts.findIndex((part, index) => part !== other[index]);
    return differs === -1 ? parts.length : differs;
  };
  const nearest = Math.max(...candidates.map(({ importRoot }) => shared(importRoot)));
  return candidates.filter(({ importRoot }) => shared(importRoot) === nearest);
}
