import type { Project, RestartPolicy, Service } from '../project/project.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC022',
  slug: 'supervisor-leaves-it-down',
  level: 'error',
  summary:
    'supervisord, compose, OpenRC or another supervisor does not start the service again after SIGABRT',
  check: (project: Project) => project.services.flatMap(lookAt),
};

/** What to write, by supervisor. */
const HELP: Readonly<Record<string, string>> = {
  supervisord: 'write autorestart=true',
  compose: 'write restart: unless-stopped',
  kubernetes: 'take restartPolicy out, or run it as a Deployment',
  openrc: 'write supervisor=supervise-daemon',
  circus: 'take respawn out: it is on by default',
  nomad: 'give restart { attempts } a number above 0, or leave reschedule as it is',
};

/** In these, a command without a server is often a job that is meant to end. */
const RUN_JOBS = new Set(['compose', 'kubernetes', 'nomad']);

function withoutHand({ byHand: _byHand, ...rest }: RestartPolicy): RestartPolicy {
  return rest;
}

function lookAt(service: Service): RuleFinding[] {
  const { restart, supervisor, name } = service;
  // units have PYC010 to PYC012
  if (service.unit !== undefined) return [];
  if (restart.byHand !== undefined && RUN_JOBS.has(supervisor)) {
    // who starts it is not in the file
    return service.command?.value.server === undefined
      ? []
      : [
          {
            level: 'unknown',
            confidence: 'low',
            message: `${name} is started only with ${restart.byHand.value}`,
            help: 'name the profile where it is deployed (COMPOSE_PROFILES), or take it out',
            at: restart.byHand.at,
          },
          ...lookAt({ ...service, restart: withoutHand(restart) }),
        ];
  }
  if (restart.byHand !== undefined) {
    return [
      {
        level: 'warning',
        confidence: 'high',
        message: `${name} is not started before somebody does it by hand (${supervisor}: ${restart.byHand.value})`,
        help: `take ${restart.byHand.value} out`,
        at: restart.byHand.at,
      },
    ];
  }
  if (restart.afterAbort === true) return [];
  if (RUN_JOBS.has(supervisor) && service.command?.value.server === undefined) return [];
  // a Dockerfile or script that several services share is not where the policy goes
  const elsewhere = service.command?.at.file === service.file ? undefined : restart.place;
  const at = restart.at ?? elsewhere ?? service.command?.at;
  if (at === undefined) return [];
  if (restart.afterAbort === 'unknown') {
    // without a place the reason is only that the repository says nothing of it
    if (restart.at === undefined) return [];
    return [
      {
        level: 'unknown',
        confidence: 'low',
        message: `whether ${name} comes back after SIGABRT cannot be known: ${restart.detail}`,
        help: `find out: ${typedCommand('verify')}, or kill -ABRT its main process and look whether it is back`,
        at,
      },
    ];
  }
  return [
    {
      // what is written down was meant; a default may be that of a file for development
      level: restart.at === undefined && RUN_JOBS.has(supervisor) ? 'warning' : 'error',
      confidence: restart.at === undefined ? 'medium' : 'high',
      message: `${name} stays down after SIGABRT (${supervisor}: ${restart.detail})`,
      help: HELP[supervisor] ?? 'let its supervisor start it again whenever it ends',
      at,
    },
  ];
}
