import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC040',
  slug: 'signal-instead-of-abort',
  level: 'error',
  summary: 'SIGABRT is sent instead of calling os.abort()',
  check: ({ abortCode }) =>
    abortCode
      .filter(({ kind }) => kind === 'signal')
      .map(({ call, at }) => ({
        confidence: 'high',
        message: `${call} runs whatever handler is there for SIGABRT: gunicorn's exits with 1, and there is no core`,
        help: 'call os.abort(), which takes the handler out first',
        at,
      })),
};
