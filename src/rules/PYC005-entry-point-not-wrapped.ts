import { applicationsOf } from '../project/applications-of.ts';
import { managementCommands } from '../project/management-commands.ts';
import type { Application, EntryPoint, InPlace, Project, Span } from '../project/project.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { startOf } from './wired.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC005',
  slug: 'entry-point-not-wrapped',
  level: 'warning',
  summary: 'the application, wsgi.py, asgi.py or manage.py does not use the generated module',
  check: (project) =>
    project.applications
      .filter(({ generated }) => generated !== undefined)
      .flatMap((application) => {
        const { framework, entryPoints, packageName } = application;
        return entryPoints.flatMap(
          ({ kind, file, object, assignment, definition, wrapped, inPlace, ...entry }) => {
            const { commandOption } = entry;
            if (kind === 'manage') return inManage(project, application, { kind, file, wrapped, ...entry });
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
          },
        );
      }),
};

/** manage.py installs the hooks for the commands that are services or scheduled jobs, and for no other. */
function inManage(
  project: Project,
  application: Application,
  { file, wrapped, commands }: Pick<EntryPoint, 'kind' | 'file' | 'commands'> & { wrapped: Span | undefined },
): RuleFinding[] {
  const wanted = managementCommands(project, (started) =>
    applicationsOf(project, started).includes(application),
  );
  if (wrapped !== undefined && commands === undefined) {
    return [
      {
        confidence: 'high',
        message: `${file} installs the hooks for every command, so one that a script runs, such as migrate, ends with 134 in place of 1 when it fails`,
        help: `run \`${typedCommand('upgrade')}\`, or install them only for the commands that are services`,
        at: wrapped,
      },
    ];
  }
  const missing = wanted.filter(({ value }) => commands?.includes(value) !== true);
  return missing.map(({ value, at }) => ({
    confidence: 'high',
    message: `${value} is a service, and ${file} does not install the hooks for it: an exception that ends it leaves no core`,
    help: `run \`${typedCommand('upgrade')}\`, which adds it`,
    at,
  }));
}

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
