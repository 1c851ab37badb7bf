import type { Application, Note, SettingsModule } from './project.ts';

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

/** The errors in settings that production may run with, the modules that they import included: one a file. */
export function syntaxErrorsIn(application: Application): Note[] {
  const bases = application.settings.filter(({ role }) => role === 'base');
  const notes = [...new Set([...productionSettings(application), ...bases])]
    // a template of a file is none yet
    .filter(({ notes: own }) => own.every(({ code }) => code !== 'text-template'))
    .flatMap(({ notes: own, middleware }) => own.concat(middleware?.notes ?? []))
    .filter(({ code }) => code === 'unparsed');
  return [...new Map(notes.map((note) => [note.at?.file ?? note.message, note])).values()];
}
