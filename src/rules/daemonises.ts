import type { Located, StartCommand } from '../project/project.ts';

/** Options that make a server fork and end, by server. */
const DAEMON: Readonly<Record<string, readonly string[]>> = {
  gunicorn: ['daemon'],
  hypercorn: ['daemon'],
  uwsgi: ['daemonize', 'daemonize2'],
  celery: ['detach'],
  sanic: ['daemon'],
  cherryd: ['daemon'],
};

/** The option by which the server leaves the foreground; undefined where it stays there. */
export function daemonises({
  server = '',
  options,
}: StartCommand): { option: string; at: Located<string>['at'] } | undefined {
  const option = (DAEMON[server] ?? []).find((one) => options.has(one));
  const on = option === undefined ? undefined : options.get(option);
  return option === undefined || on === undefined || /^(?:false|0|no)$/i.test(on.value)
    ? undefined
    : { option, at: on.at };
}
