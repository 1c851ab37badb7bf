import type { Application, Project, Service } from '../project/project.ts';
import { coreDirectoryOfModule, goesTo } from './module-core-directory.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { startOf } from './wired.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC042',
  slug: 'folder-named-core',
  level: 'warning',
  summary: 'a folder named core takes the name of the core file in the working directory',
  check: (project) =>
    project.applications.flatMap((application) => {
      const folder = application.importRoot === '' ? 'core' : `${application.importRoot}/core`;
      return project.folders.has(folder) ? lookAt(project, application, folder) : [];
    }),
};

function lookAt(project: Project, application: Application, folder: string): RuleFinding[] {
  const first = project.files.find((file) => file.startsWith(`${folder}/`));
  const said = {
    message: `with the kernel's plain pattern no core is written where ${folder}/ already has the name`,
    help: 'start the service in a directory of its own (StateDirectory=NAME, WorkingDirectory=/var/lib/NAME), or set kernel.core_pattern=core.%e.%p',
  };
  const inTree = project.services.filter((service) => startsIn(service, application));
  if (project.services.length > 0 && inTree.length === 0) return [];
  if (inTree.length > 0) {
    return inTree.flatMap((service) => {
      const { name, workingDirectory } = service;
      const instead = coreDirectoryOfModule(project, service);
      return workingDirectory === undefined
        ? []
        : [
            {
              ...(instead === undefined ? {} : { level: 'info' as const }),
              confidence: 'medium' as const,
              message: `${name} starts beside it: ${said.message}${instead === undefined ? '' : goesTo(instead)}`,
              help: said.help,
              at: workingDirectory.at,
            },
          ];
    });
  }
  // without a service nobody knows where it is started, nor what the pattern there is
  return first === undefined
    ? []
    : [
        {
          level: application.generated === undefined ? 'unknown' : 'info',
          confidence: 'low',
          message: `${said.message}; whether the service is started there cannot be known`,
          help: `ask the host: ${typedCommand('doctor')}; ${said.help}`,
          at: startOf(first),
        },
      ];
}

/** Is the working directory the checkout? Known by the name of its last folder, or because the server finds the application there. */
function startsIn({ workingDirectory, command, environment }: Service, application: Application): boolean {
  const path = workingDirectory?.value.replace(/\/+$/, '');
  if (path === undefined || path === '') return false;
  if (/^\/(var\/(lib|cache|log)|run|tmp|var\/tmp)\//.test(`${path}/`)) return false;
  const base = application.importRoot.split('/').at(-1) ?? '';
  const found = command?.value.application?.split(/[.:]/)[0] === application.packageName.split('.')[0];
  const elsewhere = environment.has('PYTHONPATH') || command?.value.options.has('pythonpath') === true;
  return (base !== '' && path.split('/').at(-1) === base) || (found && !elsewhere);
}
