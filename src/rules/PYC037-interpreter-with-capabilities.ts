import { isTurnedOn } from './pycrash-options.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC037',
  slug: 'interpreter-with-capabilities',
  level: 'error',
  summary:
    'the interpreter has file capabilities, and the kernel writes no core of who gains privileges by exec',
  check: ({ fileCapabilities, applications }) =>
    // prctl(PR_SET_DUMPABLE, 1) when the module is loaded
    isTurnedOn(applications, 'DUMPABLE')
      ? []
      : fileCapabilities.map(({ value, at }) => ({
          confidence: 'medium',
          message: `\`${value}\` makes every process of it that is not root's not dumpable: the kernel writes no core`,
          help: 'take it out, and give the port away in front of the process: AmbientCapabilities=CAP_NET_BIND_SERVICE in [Service], net.ipv4.ip_unprivileged_port_start=80, or a port above 1023 that the container runtime maps; else PYCRASH = {"DUMPABLE": True}',
          at,
        })),
};
