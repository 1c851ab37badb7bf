import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC007',
  slug: 'development-settings',
  level: 'warning',
  summary: 'a production service runs with development settings',
  check: (project) =>
    project.applications.flatMap(({ settings, entryPoints }) =>
      project.services.flatMap((service) => {
        const entry = entryPoints.find(
          ({ module }) => service.command?.value.application?.split(':')[0] === module,
        );
        const named = service.settingsModule ?? entry?.settingsModule;
        const module = settings.find((known) => known.module === named?.value);
        if (named === undefined || (module?.role !== 'development' && module?.role !== 'test')) return [];
        return [
          {
            confidence: service.settingsModule === undefined ? ('medium' as const) : ('high' as const),
            message: `${service.name} runs with ${named.value}, which are ${module.role} settings${service.settingsModule === undefined ? `, as the unit does not say otherwise and ${named.at.file} does` : ''}`,
            help: `write Environment=DJANGO_SETTINGS_MODULE= with the production settings in [Service]`,
            at: service.settingsModule?.at ?? service.command?.at ?? named.at,
          },
        ];
      }),
    ),
};
