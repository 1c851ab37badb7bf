import { productionSettings } from '../project/production-settings.ts';
import type { Application, Located, SettingsModule, StaticValue } from '../project/project.ts';

/** An option of the generated module as a settings module gives it in its `PYCRASH` dictionary, e.g. `MODE`. */
export function pycrashOption({ values }: SettingsModule, name: string): Located<StaticValue> | undefined {
  const options = values.get('PYCRASH');
  if (options?.value.kind !== 'mapping') return undefined;
  const found = options.value.entries.findLast(({ key }) => key.kind === 'string' && key.value === name);
  return found === undefined ? undefined : { value: found.value, at: found.at ?? options.at };
}

/** Is an option that is yes or no turned on by the production settings of one of the applications? */
export function isTurnedOn(applications: readonly Application[], name: string): boolean {
  return applications.some((application) =>
    productionSettings(application).some((settings) => {
      const value = pycrashOption(settings, name)?.value;
      return value?.kind === 'bool' && value.value;
    }),
  );
}
