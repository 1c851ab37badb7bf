import { containerFolders, PLAIN_PATTERN } from './container-working-folder.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC050',
  slug: 'container-read-only',
  level: 'warning',
  summary: 'the core would go where the container has nothing but read-only files',
  check: (project) =>
    containerFolders(project).flatMap(({ service, files, path, mount }) => {
      const at = mount === undefined ? files.readOnlyRoot : mount.readOnly ? mount.at : undefined;
      if (at === undefined || path?.startsWith('/dev/') === true) return [];
      if (path === undefined && files.mounts.some(({ readOnly }) => !readOnly)) return [];
      const where = path === undefined ? 'nothing of' : `${path} in`;
      return [
        {
          confidence: 'high' as const,
          message: `a core goes to the working directory (${PLAIN_PATTERN}), and ${where} ${service.name} can${path === undefined ? '' : 'not'} be written`,
          help: 'mount a volume, and make it the working directory (PYTHONPATH keeps the application findable)',
          at,
        },
      ];
    }),
};
