import type { Project, Service, Span } from '../project/project.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC052',
  slug: 'no-core-on-platform',
  level: 'info',
  summary: 'the platform keeps no core: an abort there costs a process and leaves nothing',
  check(project: Project) {
    const found = project.services.flatMap((service) => {
      const at = placeOf(service);
      return at === undefined || isLogOnly(service) ? [] : [{ service, at }];
    });
    const [first] = found;
    if (first === undefined) return [];
    const platforms = [...new Set(found.map(({ service }) => service.supervisor))].join(', ');
    return [
      {
        confidence: 'medium',
        message: `nobody reaches a core that ${first.service.name} leaves (${platforms}): its files go with the process`,
        help: 'set PYCRASH=log in the environment there: an uncaught exception is logged with its report, and nothing is aborted',
        at: first.at,
      },
    ];
  },
};

/** Where the file says so. */
function placeOf({ notes }: Service): Span | undefined {
  return notes.find(({ code }) => code === 'platform-core')?.at;
}

function isLogOnly({ environment }: Service): boolean {
  const value = environment.get('PYCRASH')?.value ?? environment.get('PYCRASH_MODE')?.value ?? '';
  return /^(?:log|off|0|false|no)$/i.test(value);
}
