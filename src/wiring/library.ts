import { inFolder, MODULE, type Situation, type Wiring } from './wiring.ts';

/** The generated module in the project package. */
export function wireLibrary({ application }: Situation): Wiring {
  const path = inFolder(application.packageFolder, `${MODULE}.py`);
  return {
    wishes: [{ kind: 'library', path, text: '# stub\n', others: 'refuse' }],
    notes: [],
    impossible: [],
  };
}
