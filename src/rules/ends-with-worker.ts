import type { Service } from '../project/project.ts';

/** Does an abort in one request end what the supervisor started? Known servers that replace their workers live on. */
export function endsWithWorker({ command }: Service): boolean {
  const seen = command?.value.abort?.supervisorSees;
  return seen !== undefined && seen !== 'nothing' && seen !== 'unknown';
}
