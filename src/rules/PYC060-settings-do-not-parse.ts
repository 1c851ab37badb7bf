import { syntaxErrorsIn } from '../project/production-settings.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC060',
  slug: 'settings-do-not-parse',
  level: 'error',
  summary: 'the settings are not valid Python: nothing starts with them, and what they say is not known',
  check: ({ applications }) =>
    applications.flatMap((application) =>
      syntaxErrorsIn(application).flatMap(({ message, at }) =>
        at === undefined
          ? []
          : [
              {
                confidence: message.endsWith('invalid syntax') ? ('medium' as const) : ('high' as const),
                message,
                help: `fix the syntax; \`python -m py_compile ${at.file}\` shows what Python says`,
                at,
              },
            ],
      ),
    ),
};
