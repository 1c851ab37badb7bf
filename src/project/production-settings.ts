import type { Application, SettingsModule } from './project.ts';

/**
 * The settings modules of production: by their name, or named where the application is started. Without such, those
 * that are named at all; without these, every one but tests.
 */
export function productionSettings(application: Application): readonly SettingsModule[] {
  const live = application.settings.filter(({ role }) => role !== 'test');
  const named = live.filter(({ namedBy }) => namedBy.length > 0);
  const production = live.filter(
    (module) => module.role === 'production' || (named.includes(module) && module.role !== 'development'),
  );
  const notDevelopment = live.filter(({ role }) => role !== 'development');
  return [production, notDevelopment, named, live].find((modules) => modules.length > 0) ?? [];
}
