import type { Project, Service } from '../project/project.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC029',
  slug: 'leaves-the-foreground',
  level: 'error',
  summary: 'the server goes into the background, which its supervisor takes for its end',
  check: (project: Project) => project.services.flatMap(lookAt),
};

/** Options that make a server fork and end, by server. */
const DAEMON: Readonly<Record<string, readonly string[]>> = {
  gunicorn: ['daemon'],
  hypercorn: ['daemon'],
  uwsgi: ['daemonize', 'daemonize2'],
  celery: ['detach'],
};

function lookAt({ name, supervisor, command, stop }: Service): RuleFinding[] {
  // `stop` is there for those that watch a process
  if (command === undefined || stop === undefined) return [];
  const { leftBehind, server = '', options } = command.value;
  const option = (DAEMON[server] ?? []).find((one) => options.has(one));
  const on = option === undefined ? undefined : options.get(option);
  const daemonises = on !== undefined && !/^(?:false|0|no)$/i.test(on.value);
  if (leftBehind !== true && !daemonises) return [];
  return [
    {
      confidence: 'high',
      message: `${daemonises ? `${server} --${option ?? ''} forks and ends` : 'nothing waits for the server behind `&`'}: ${supervisor} sees an end, and starts ${name} again while it runs`,
      help: daemonises ? `take ${option ?? ''} out` : 'start the server with `exec`, without `&`',
      at: on?.at ?? command.at,
    },
  ];
}
