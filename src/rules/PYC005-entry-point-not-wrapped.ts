import type { Rule } from './rule.ts';
import { startOf } from './wired.ts';

export const rule: Rule = {
  id: 'PYC005',
  slug: 'entry-point-not-wrapped',
  level: 'warning',
  summary: 'wsgi.py or asgi.py does not wrap the application',
  check: (project) =>
    project.applications
      .filter(({ generated }) => generated !== undefined)
      .flatMap(({ entryPoints }) =>
        entryPoints.flatMap(({ kind, file, object, assignment, wrapped }) => {
          if ((kind !== 'wsgi' && kind !== 'asgi') || wrapped !== undefined) return [];
          const name = object ?? 'application';
          return [
            {
              confidence: assignment === undefined ? ('medium' as const) : ('high' as const),
              message: `${file} serves ${name} as it is: an exception while a streaming body is sent, and one that Django does not catch, leaves no core`,
              help: `write ${name} = wrap_${kind}(${name}) after it, with \`from .abort_on_exception import wrap_${kind}\``,
              at: assignment?.value ?? startOf(file),
            },
          ];
        }),
      ),
};
