import type { SettingsModule } from '../project/project.ts';
import type { Rule } from './rule.ts';
import { applicationsOf } from '../project/applications-of.ts';

/** A module that a unit names is production by its role: its name says what its author meant. */
function isDevelopment(name: string, settings: readonly SettingsModule[]): boolean {
  const role = settings.find(({ module }) => module === name)?.role;
  return (
    role === 'development' ||
    role === 'test' ||
    /[._](dev|devel|development|local|tests?|testing)$/i.test(name)
  );
}

export const rule: Rule = {
  id: 'PYC007',
  slug: 'development-settings',
  level: 'warning',
  summary: 'a production service runs with development settings',
  check: (project) =>
    project.applications.flatMap((application) =>
      project.services.flatMap((service) => {
        const { settings, entryPoints } = application;
        if (!applicationsOf(project, service).includes(application)) return [];
        const entry = entryPoints.find(
          ({ module }) => service.command?.value.application?.split(':')[0] === module,
        );
        const named = service.settingsModule ?? entry?.settingsModule;
        if (named === undefined || !isDevelopment(named.value, settings)) return [];
        return [
          {
            confidence: service.settingsModule === undefined ? ('medium' as const) : ('high' as const),
            message: `${service.name} runs with ${named.value}, which are not meant for production${service.settingsModule === undefined ? `, as ${service.file} does not say otherwise and ${named.at.file} does` : ''}`,
            help:
              service.unit === undefined
                ? 'set DJANGO_SETTINGS_MODULE to the production settings there; nothing, where only developers start this'
                : 'write Environment=DJANGO_SETTINGS_MODULE= with the production settings in [Service]',
            at: service.settingsModule?.at ?? service.command?.at ?? named.at,
          },
        ];
      }),
    ),
};
