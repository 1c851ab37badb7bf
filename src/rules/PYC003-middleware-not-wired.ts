import type { Application, EffectiveList, SettingsModule } from '../project/project.ts';
import { productionSettings } from '../project/production-settings.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { isOurMiddleware, startOf } from './wired.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC003',
  slug: 'middleware-not-wired',
  level: 'error',
  summary: 'MIDDLEWARE of the production settings does not have AbortOnUncaughtExceptionMiddleware',
  check: (project) =>
    project.applications
      .filter(({ framework, generated }) => framework === 'django' && generated !== undefined)
      .flatMap((application) =>
        productionSettings(application).flatMap((settings) => lookAt(application, settings)),
      ),
};

function lookAt(application: Application, settings: SettingsModule): RuleFinding[] {
  const list = settings.middleware;
  const entry = `${application.packageName === '' ? '' : `${application.packageName}.`}abort_on_exception.AbortOnUncaughtExceptionMiddleware`;
  const help = `write '${entry}' as the first entry of MIDDLEWARE, or run \`${typedCommand('init')}\``;
  const own = list?.elements.filter(({ value }) => isOurMiddleware(value)) ?? [];
  const [first] = own;
  if (first !== undefined) {
    if (own.some(({ byDefault }) => byDefault === true)) return [];
    const conditions = first.conditions.join(' and ');
    return [
      {
        level: 'unknown',
        confidence: 'medium',
        message: `the middleware is in MIDDLEWARE of ${settings.module} only if ${conditions === '' ? 'the list comes out so' : conditions}`,
        help: `put it in without a condition, or ask the host: python -c "from django.conf import settings; print(settings.MIDDLEWARE)"`,
        at: first.at,
      },
    ];
  }
  const at = placeOf(settings, list);
  const served = application.entryPoints.filter(({ kind }) => kind === 'wsgi' || kind === 'asgi');
  if (served.length > 0 && served.every(({ wrapped }) => wrapped !== undefined)) {
    // The wrapper does the connecting, too: enough where the settings cannot be edited.
    if (list?.firstPlace === undefined) return [];
    return [
      {
        level: 'warning',
        confidence: 'high',
        message: `only the wrapper connects the generated module: a process of ${settings.module} that does not load ${served.map(({ file }) => file).join(' or ')} is not watched, and bad options do not stop the start`,
        help,
        at,
      },
    ];
  }
  if (list !== undefined && !list.complete) {
    const why = list.notes.map(({ message }) => message).join('; ');
    return [
      {
        level: 'unknown',
        confidence: 'low',
        message: `whether MIDDLEWARE of ${settings.module} has the middleware cannot be known${why === '' ? '' : `: ${why}`}`,
        help: `ask: DJANGO_SETTINGS_MODULE=${settings.module} python -c "from django.conf import settings; print(settings.MIDDLEWARE)"`,
        at,
      },
    ];
  }
  return [
    {
      confidence: 'high',
      message: `${settings.module} runs without the middleware: an exception that no view handles leaves no core`,
      help,
      at,
    },
  ];
}

function placeOf(settings: SettingsModule, list: EffectiveList | undefined) {
  return list?.firstPlace?.literal ?? list?.elements[0]?.at ?? startOf(settings.file);
}
