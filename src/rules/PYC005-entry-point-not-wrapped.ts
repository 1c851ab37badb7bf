import type { InPlace } from '../project/project.ts';
import type { Rule } from './rule.ts';
import { startOf } from './wired.ts';

export const rule: Rule = {
  id: 'PYC005',
  slug: 'entry-point-not-wrapped',
  level: 'warning',
  summary: 'the application, wsgi.py, asgi.py or manage.py does not use the generated module',
  check: (project) =>
    project.applications
      .filter(({ generated }) => generated !== undefined)
      .flatMap(({ framework, entryPoints, packageName }) =>
        entryPoints.flatMap(({ kind, file, object, assignment, definition, wrapped, inPlace, ...entry }) => {
          const { commandOption } = entry;
          if (wrapped !== undefined) return [];
          if (kind === 'script') {
            return [
              {
                ...(framework === 'script' ? { level: 'error' as const } : {}),
                confidence: 'high' as const,
                message: `${file} does not install the hooks: an exception that ends it leaves no core`,
                help: `write \`from ${packageName === '' ? '' : `${packageName}.`}abort_on_exception import install\` and \`install()\` ${whereOf(entry.calls)}`,
                at: startOf(file),
              },
            ];
          }
          if (kind === 'manage') {
            return [
              {
                confidence: 'high' as const,
                message: `${file} does not install the hooks: a management command that fails leaves no core, and \`manage.py check\` does not know the options`,
                help: `write \`from ${packageName === '' ? '' : `${packageName}.`}abort_on_exception import install\` and \`install()\` before execute_from_command_line()`,
                at: startOf(file),
              },
            ];
          }
          const ours = `${packageName === '' ? '' : `${packageName}.`}abort_on_exception`;
          if (commandOption !== undefined) {
            const { option, setting, names, command } = commandOption;
            return [
              {
                level: 'error' as const,
                confidence: 'high' as const,
                message: `${object} runs jobs as they are: an exception that nothing handles leaves no core`,
                help:
                  setting === undefined
                    ? `add \`${option} ${ours}.${names}\` to the command`
                    : `write \`${setting} = ['${ours}.${names}']\` in the settings`,
                at: command,
              },
            ];
          }
          if (inPlace !== undefined) {
            const { call, target } = inPlace;
            return [
              {
                level: 'error' as const,
                confidence: 'high' as const,
                message: `${file} ${kind === 'worker' ? 'runs tasks of' : 'serves'} ${object ?? (target === '' ? 'its default application' : target)} as it is: an exception that nothing handles leaves no core`,
                help: `${instruction(inPlace)}, with \`from ${ours} import ${call}\``,
                at: inPlace.statement,
              },
            ];
          }
          const name = object ?? 'application';
          if (framework !== 'django') {
            const how =
              definition === undefined
                ? `${name} = wrap_${kind}(${name}) after it`
                : `@wrap_${kind} above it`;
            return [
              {
                level: 'error' as const,
                confidence: 'high' as const,
                message: `${file} serves ${name} as it is: an exception that nothing handles leaves no core`,
                help: entry.byHand ?? `write ${how}, with \`from ${ours} import wrap_${kind}\``,
                at: assignment?.value ?? definition ?? startOf(file),
              },
            ];
          }
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

/** Where a script installs the hooks; `calls` as in an entry point. */
function whereOf(calls: string | undefined): string {
  if (calls === '') return 'behind its imports';
  return `first in ${calls === undefined ? "its `if __name__ == '__main__':`" : `${calls}()`}`;
}

function instruction({ call, target, factory, where }: InPlace): string {
  if (where === 'around') return `write ${call}(…) around ${target}`;
  if (target === '') return `write ${call}() before the server is started`;
  return `write ${call}(${target}) ${factory === undefined || where === 'after' ? 'after it' : `before ${factory}() returns it`}`;
}
