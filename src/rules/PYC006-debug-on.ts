import { productionSettings } from '../project/production-settings.ts';
import type { Located, Service, SettingsModule, StaticValue } from '../project/project.ts';
import { isTurnedOn } from './pycrash-options.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC006',
  slug: 'debug-on',
  level: 'error',
  summary: 'DEBUG is on in production, and the generated module is off under DEBUG',
  check: (project) =>
    project.applications
      .filter(
        (application) => application.framework === 'django' && !isTurnedOn([application], 'UNDER_DEBUG'),
      )
      .flatMap((application) =>
        productionSettings(application)
          .filter((settings) => !isOverruled(settings, project.services))
          .flatMap(({ module, values }) => {
            const debug = values.get('DEBUG');
            return debug === undefined ? [] : lookAt(debug, module, application.settings.length > 1);
          }),
      ),
};

/** Is it only what wsgi.py falls back on, where every service says another module? */
function isOverruled({ module, role }: SettingsModule, services: readonly Service[]): boolean {
  const serving = services.filter(({ command }) => command?.value.server !== undefined);
  return (
    role !== 'production' &&
    serving.length > 0 &&
    serving.every(({ settingsModule }) => settingsModule !== undefined && settingsModule.value !== module)
  );
}

function lookAt({ value, at }: Located<StaticValue>, module: string, surely: boolean): RuleFinding[] {
  const help = 'write DEBUG = False';
  if (value.kind === 'bool' && value.value) {
    return [
      {
        // a single settings module, as startproject makes it, may be edited on the server
        level: surely ? 'error' : 'warning',
        confidence: surely ? 'high' : 'medium',
        message: `DEBUG is on in ${module}: the generated module stays off, and Django shows the traceback to everybody`,
        help,
        at,
      },
    ];
  }
  if (value.kind === 'environment') {
    const fallback = value.fallback;
    const on =
      fallback?.kind === 'bool'
        ? fallback.value
        : fallback?.kind === 'string' && /^(1|true|yes|on)$/i.test(fallback.value);
    if (!on) return [];
    return [
      {
        level: 'warning',
        confidence: 'medium',
        message: `DEBUG is on in ${module} wherever the variable ${value.name} is not set: the generated module stays off there`,
        help: `make False the default, and set ${value.name} for development`,
        at,
      },
    ];
  }
  if (value.kind !== 'either') return [];
  const on = value.alternatives.some(
    (one) => one.byDefault === true && one.value.kind === 'bool' && one.value.value,
  );
  if (!on) return [];
  return [
    {
      level: 'warning',
      confidence: 'medium',
      message: `DEBUG is on in ${module} unless the environment says otherwise: the generated module stays off there`,
      help: 'make False the default, and turn it on for development',
      at,
    },
  ];
}
