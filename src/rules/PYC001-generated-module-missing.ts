import type { Application, Project, Span } from '../project/project.ts';
import { productionSettings } from '../project/production-settings.ts';
import type { Rule } from './rule.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC001',
  slug: 'generated-module-missing',
  level: 'error',
  summary: 'the package has no abort_on_exception.py',
  check: (project) =>
    project.applications
      .filter(({ generated }) => generated === undefined)
      .map((application) => ({
        confidence: 'high',
        message: `nothing turns an uncaught exception into a core: ${application.packageFolder || '.'} has no abort_on_exception.py`,
        help: `run \`${typedCommand('init')}\`, and commit what it writes`,
        at: placeOf(project, application),
      })),
};

/** A place that stands for the application: where its settings begin, else any file of it. */
function placeOf(project: Project, application: Application): Span {
  const [settings] = productionSettings(application);
  const middleware = settings?.middleware?.elements[0]?.at;
  if (middleware !== undefined) return middleware;
  const entry = application.entryPoints.find(({ assignment }) => assignment !== undefined);
  if (entry?.assignment !== undefined) return entry.assignment.statement;
  const file =
    settings?.file ??
    application.entryPoints[0]?.file ??
    project.files.find((name) => name.startsWith(application.packageFolder)) ??
    '.';
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 };
}
