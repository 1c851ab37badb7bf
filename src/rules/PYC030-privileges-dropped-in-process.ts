import { allowsCore } from '../project/servers/gunicorn.ts';
import { isTurnedOn } from './pycrash-options.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC030',
  slug: 'privileges-dropped-in-process',
  level: 'error',
  summary: 'the server gives root away by itself, and the kernel then writes no core',
  check: (project) => {
    // prctl(PR_SET_DUMPABLE, 1) after the drop: the operator's own choice
    const allowed = isTurnedOn(project.applications, 'DUMPABLE');
    return project.services.flatMap(({ name, user, command, environment }) => {
      if (command === undefined) return [];
      const { server = '', options } = command.value;
      const to = ['user', 'uid', 'group', 'gid'].flatMap((option) => options.get(option) ?? []);
      const [drop] = to;
      if (drop === undefined || !/^(gunicorn|uwsgi)$/.test(server)) return [];
      // a server that is not started as root has nothing to give away
      if (user !== undefined && !/^(root|0)$/.test(user.value)) return [];
      if (allowsCore(options)) return [];
      if (/^(root|0)$/.test(drop.value) || environment.has('PYCRASH_DUMPABLE') || allowed) return [];
      return [
        {
          confidence: 'high' as const,
          message: `${server} of ${name} starts as root and becomes ${drop.value} without exec: the kernel marks such a process as not dumpable, and writes no core`,
          help: `take the option out and write User=${drop.value} in [Service]`,
          at: drop.at,
        },
      ];
    });
  },
};
