import type { Service } from '../project/project.ts';
import { daemonises } from './daemonises.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { unitServices, type UnitService } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC046',
  slug: 'start-never-completes',
  level: 'error',
  summary: 'systemd waits for a sign that the server never gives, and then kills it',
  check: (project) => unitServices(project).flatMap((unit) => lookAt(unit, project.notifiesSystemd)),
};

/** gunicorn/systemd.py since 20.0; uWSGI core/notify.c. No other of those that are known says READY=1 (their sources, 2026). */
const NOTIFY = new Set(['gunicorn', 'uwsgi']);

function lookAt({ service, keys, start }: UnitService, notifies: boolean): RuleFinding[] {
  const entry = keys.entry('Type');
  const found =
    entry === undefined ? undefined : missing(service, entry.value, keys.last('NotifyAccess'), notifies);
  if (entry === undefined || found === undefined) return [];
  const seconds = keys.last('TimeoutStartSec') ?? keys.last('TimeoutSec') ?? '90s';
  return [
    {
      level: found.sure ? 'error' : 'unknown',
      confidence: found.sure ? 'high' : 'low',
      message: `${found.why}: with Type=${entry.value} the start of ${service.name} is over only then, and systemd kills it after ${seconds}, again and again`,
      help: found.help ?? 'write Type=exec',
      at: entry.at ?? start,
    },
  ];
}

interface Missing {
  why: string;
  sure: boolean;
  help?: string;
}

function missing(
  { command }: Service,
  type: string,
  access: string | undefined,
  notifies: boolean,
): Missing | undefined {
  if (command === undefined) return undefined;
  const { server, behindShell, leftBehind, argv } = command.value;
  if (type === 'forking') {
    const forks = daemonises(command.value) !== undefined || leftBehind === true || argv.includes('multi');
    if (forks) return undefined;
    if (server === undefined || behindShell)
      return { why: 'nothing says that the program forks and ends', sure: false };
    return { why: `${server} stays in the foreground, nothing forks and ends`, sure: server !== 'uwsgi' };
  }
  if (type !== 'notify' && type !== 'notify-reload') return undefined;
  if (server === undefined || !NOTIFY.has(server)) {
    if (notifies) return undefined;
    return server === undefined
      ? { why: 'nothing in the repository says READY=1 to systemd', sure: false }
      : { why: `${server} never says READY=1 to systemd`, sure: true };
  }
  if (!behindShell || access === 'all') return undefined;
  return {
    why: `what ${server} says comes from a child of the shell or init in front of it, which NotifyAccess=${access ?? 'main'} does not count`,
    sure: false,
    help: 'start the server with `exec`, or write NotifyAccess=all',
  };
}
