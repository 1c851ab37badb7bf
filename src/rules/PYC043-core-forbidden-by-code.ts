import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC043',
  slug: 'core-forbidden-by-code',
  level: 'error',
  summary: 'the program itself forbids its core: RLIMIT_CORE 0, or PR_SET_DUMPABLE 0',
  check: ({ abortCode }) =>
    abortCode
      .filter(({ kind }) => kind === 'core-limit' || kind === 'not-dumpable')
      .map(({ kind, call, at }) => ({
        confidence: 'medium',
        message:
          kind === 'core-limit'
            ? `${call} sets the core limit of this process, and of all that it starts, to 0: the kernel writes no core`
            : `${call} makes this process not dumpable: the kernel writes no core, and no debugger may look at it`,
        help: 'take the call out, or make it in the one child process that it is meant for',
        at,
      })),
};
