import type { Project, Span, StaticValue } from '../project/project.ts';

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

/** Is there a generated module? It lifts the soft core limit to the hard one when it is imported. */
export function liftsLimit({ applications }: Project): boolean {
  return applications.some(({ generated }) => generated !== undefined && generated.state !== 'unrecognised');
}
