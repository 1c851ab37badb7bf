import { usageError, UserError } from '../errors.ts';
import { productionSettings } from '../project/production-settings.ts';
import { CALLABLES } from '../project/frameworks/callables.ts';
import { FRAMEWORKS } from '../project/frameworks/index.ts';
import { SCRIPT } from '../project/frameworks/scripts.ts';
import { JOBS } from '../project/frameworks/jobs.ts';
import type { Application, Project } from '../project/project.ts';

/** All but Django. */
const KNOWN = [...FRAMEWORKS, ...JOBS, ...CALLABLES, SCRIPT];

/** The one application that init is about; throws a `UserError` that says what to pass where there is none or several. */
export function chooseApplication(
  project: Project,
  wanted: { framework?: string; settings?: string },
): Application {
  const able = ['django', ...new Set(KNOWN.map(({ name }) => name))];
  if (wanted.framework !== undefined && !able.includes(wanted.framework)) {
    throw usageError(`init cannot set up ${wanted.framework} yet`, `It can set up: ${able.join(', ')}`);
  }
  const known = project.applications;
  const fitting = known.filter(
    ({ framework, settings }) =>
      (wanted.framework === undefined || wanted.framework === framework) &&
      (wanted.settings === undefined || settings.some(({ module }) => module === wanted.settings)),
  );
  const [first, ...others] = fitting;
  if (first !== undefined && others.length === 0) {
    mustBeUsable(project, first);
    return first;
  }
  if (first !== undefined) {
    const allDjango = fitting.every(({ framework }) => framework === 'django');
    const choices = fitting.map((application) => {
      const { framework, importRoot, entryPoints } = application;
      const folder = importRoot || '.';
      const file = entryPoints[0]?.file ?? '';
      const rest = fitting.filter((other) => other !== application);
      const isAlone = rest.every((other) => other.importRoot !== importRoot);
      const isOnly = rest.every((other) => other.framework !== framework);
      if (!isAlone && isOnly) return `  --framework ${framework}   (${folder}: ${file})`;
      if (framework !== 'django') return `  ${folder}   (${framework}: ${file})`;
      const module = settingsOf(application);
      if (module === '') return `  ${folder}   (django: ${entryPoints[0]?.file ?? 'no settings module'})`;
      // the same name in two projects chooses neither
      const chooses = fitting.every((other) => other === application || settingsOf(other) !== module);
      return chooses ? `  --settings ${module}   (${folder})` : `  ${folder}   (django: ${module})`;
    });
    throw new UserError(
      'several-projects',
      `there are ${fitting.length} ${allDjango ? 'Django projects' : 'applications'} in ${project.root}`,
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
    ({ framework, packageFolder }) => `${titleOf(framework)} in ${packageFolder || '.'}`,
  );
  const what =
    wanted.framework === undefined || wanted.framework === 'django'
      ? 'no Django project'
      : `no ${titleOf(wanted.framework)} application`;
  throw new UserError('no-application', `${what} was found in ${project.root}`, {
    help: [
      ...reasons,
      ...(seen.length > 0 ? [`Found: ${seen.join(', ')}.`] : []),
      'Looked for manage.py, wsgi.py, asgi.py and modules that DJANGO_SETTINGS_MODULE names, and for ' +
        `${[...new Set(FRAMEWORKS.map(({ title }) => title))].join(', ')} applications, ` +
        `those of ${JOBS.map(({ title }) => title).join(', ')}, and what start commands name. ` +
        'Run init in the folder that has manage.py.',
    ].join('\n'),
  });
}

/** What the generated module cannot work in; the reader's note says where it was seen. */
const HOPELESS: Readonly<Record<string, string>> = {
  'python-2': 'pycrash needs Python 3.8 or newer. Bring the project to Python 3 first.',
  'middleware-classes':
    'pycrash needs MIDDLEWARE (Django 1.10 and newer). Bring the project to a newer Django first.',
  'text-template': 'Run init in a project that was made from the template.',
};

function mustBeUsable(project: Project, application: Application): void {
  const notes = productionSettings(application).flatMap((settings) => settings.notes);
  for (const { code, message, at } of [...notes, ...project.notes]) {
    const help = HOPELESS[code];
    const here = at === undefined || at.file.startsWith(application.importRoot);
    if (help !== undefined && here)
      throw new UserError(code, message, { help: `Nothing was written. ${help}` });
  }
}

function settingsOf(application: Application): string {
  const { settings, packageName } = application;
  return (productionSettings(application)[0] ?? settings[0])?.module ?? packageName;
}

function titleOf(framework: string): string {
  return KNOWN.find(({ name }) => name === framework)?.title ?? 'Django';
}
