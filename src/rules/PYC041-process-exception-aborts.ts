import type { Rule } from './rule.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC041',
  slug: 'process-exception-aborts',
  level: 'error',
  summary: 'a process_exception middleware aborts, and a request for a missing page is enough',
  check: ({ abortCode }) =>
    abortCode
      .filter(({ kind }) => kind === 'process-exception')
      .map(({ at, guarded }) => ({
        level: guarded === true ? 'warning' : 'error',
        confidence: guarded === true ? 'medium' : 'high',
        message:
          guarded === true
            ? 'process_exception also gets PermissionDenied, SuspiciousOperation and what other middleware answers: each of them aborts here'
            : 'process_exception also gets Http404, PermissionDenied and SuspiciousOperation: anybody can stop this service with a request',
        help: `remove this middleware; \`${typedCommand('init')}\` adds one that aborts only on exceptions that nothing handled`,
        at,
      })),
};
