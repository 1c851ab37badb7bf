import { containerFolders, PLAIN_PATTERN } from './container-working-folder.ts';
import { endsWithWorker } from './ends-with-worker.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC051',
  slug: 'core-lost-with-container',
  level: 'error',
  summary: 'the core is written to files that go with the container',
  check: (project) =>
    containerFolders(project).flatMap(({ service, files, path, mount }): RuleFinding[] => {
      const ends = endsWithWorker(service);
      if (mount?.lasts === 'container') {
        return [
          {
            level: ends ? 'error' : 'warning',
            confidence: 'high',
            message: `the working directory ${path} is a tmpfs, which is emptied ${ends ? 'by the restart after the crash' : 'when the container stops'}, and the core with it (${PLAIN_PATTERN})`,
            help: 'mount a volume there instead',
            at: mount.at,
          },
        ];
      }
      const at = service.workingDirectory?.at;
      if (service.supervisor !== 'kubernetes' || path === undefined || at === undefined) return [];
      // a server that replaces its workers leaves the container, and what it wrote, in place
      if (mount !== undefined || files.readOnlyRoot !== undefined || !ends) return [];
      return [
        {
          level: 'unknown',
          confidence: 'low',
          message: `${path} of ${service.name} is in no volume: the kubelet starts a new container after the crash, and a core that the kernel put there is gone`,
          help: 'cat /proc/sys/kernel/core_pattern on the node: for a plain name mount an emptyDir or a persistent volume at the working directory',
          at,
        },
      ];
    }),
};
