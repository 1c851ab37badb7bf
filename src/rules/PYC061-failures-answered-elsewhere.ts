import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC061',
  slug: 'failures-answered-elsewhere',
  level: 'warning',
  summary: 'a library answers the exceptions of the application itself, so that none of them aborts',
  check: ({ applications, blindSpots }) => {
    const application = applications.find(({ generated }) => generated !== undefined);
    if (application === undefined) return [];
    const { packageName } = application;
    const module = `${packageName === '' ? '' : `${packageName}.`}abort_on_exception`;
    return blindSpots.map(({ name, does, where, at }) => ({
      ...(does.startsWith('may ') ? { level: 'info' as const } : {}),
      confidence: 'medium' as const,
      message: `${name} ${does}: no such exception aborts or is logged by the module`,
      help: `paste \`from ${module} import handle\`, and \`handle(error)\` ${where}`,
      at,
    }));
  },
};
