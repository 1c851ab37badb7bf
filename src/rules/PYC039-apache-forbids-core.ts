import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC039',
  slug: 'apache-forbids-core',
  level: 'warning',
  summary: "Apache's processes have given root away, and without CoreDumpDirectory the kernel writes no core",
  check: (project) =>
    project.services.flatMap(({ name, command }) => {
      if (command?.value.abort?.core !== 'needs-directive') return [];
      return [
        {
          // Debian's main configuration has none, but another one may
          confidence: 'medium' as const,
          message: `Apache starts as root, and the processes that serve ${name} have become another user: the kernel marks such a process as not dumpable, and no file here has CoreDumpDirectory, which takes that back`,
          help: 'write CoreDumpDirectory and a folder that this user can write to, outside of every <VirtualHost>',
          at: command.at,
        },
      ];
    }),
};
