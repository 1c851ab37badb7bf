import { UserError } from '../errors.ts';
import type { Application, Project } from '../project/project.ts';

/** The one application that init is about; throws a `UserError` that says what to pass where there is none or several. */
export function chooseApplication(
  project: Project,
  wanted: { framework?: string; settings?: string },
): Application {
  const known = project.applications.filter(({ framework }) => framework === 'django');
  const fitting = known.filter(
    ({ framework, settings }) =>
      (wanted.framework === undefined || wanted.framework === framework) &&
      (wanted.settings === undefined || settings.some(({ module }) => module === wanted.settings)),
  );
  const [first, ...others] = fitting;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    const choices = fitting.map((application) => {
      const module = application.settings[0]?.module ?? application.packageName;
      return `  --settings ${module}   (${application.importRoot === '' ? '.' : application.importRoot})`;
    });
    throw new UserError(
      'several-projects',
      `there are ${fitting.length} Django projects in ${project.root}`,
      {
        exitCode: 2,
        help: `Say which one, or run init in its folder:\n${choices.join('\n')}`,
      },
    );
  }
  if (wanted.settings !== undefined && known.length > 0) {
    const modules = known.flatMap(({ settings }) => settings.map(({ module }) => module));
    throw new UserError('no-settings', `there is no settings module ${wanted.settings}`, {
      exitCode: 2,
      help: `There are: ${modules.join(', ')}`,
    });
  }
  const reasons = project.notes.map(({ message }) => message);
  const seen = project.applications.map(
    ({ framework, packageFolder }) => `${framework} in ${packageFolder || '.'}`,
  );
  throw new UserError('no-application', `no Django project was found in ${project.root}`, {
    help: [
      ...reasons,
      ...(seen.length > 0 ? [`Found: ${seen.join(', ')}, which init cannot set up yet.`] : []),
      'Looked for manage.py, wsgi.py, asgi.py and modules that DJANGO_SETTINGS_MODULE names. Run init in the folder that has manage.py.',
    ].join('\n'),
  });
}
