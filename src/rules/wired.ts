import { applicationsOf } from '../project/applications-of.ts';
import type { Project, Service, Span, StaticValue } from '../project/project.ts';

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
