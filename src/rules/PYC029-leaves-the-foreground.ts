import { withoutPrefix } from '../project/unit-command.ts';
import { UnitKeys } from '../project/unit-keys.ts';
import type { Project, Service } from '../project/project.ts';
import { daemonises } from './daemonises.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC029',
  slug: 'leaves-the-foreground',
  level: 'error',
  summary: 'the server goes into the background, which its supervisor takes for its end',
  check: (project: Project) => project.services.flatMap(lookAt),
};

/** setsid(1) forks where it leads its process group, as what systemd starts does, and waits only when told to. */
const FORKING_SETSID = /^(?:\S*\/)?setsid\s+(?!(?:-\S+\s+)*(?:-\w*w\b|--wait\b))/;

function lookAt({ name, supervisor, command, stop, unit }: Service): RuleFinding[] {
  // `stop` is there for those that watch a process
  if (command === undefined || (stop === undefined && unit === undefined)) return [];
  const keys = new UnitKeys(unit?.entries ?? []);
  // made for it
  if (keys.last('Type') === 'forking') return [];
  const setsid = FORKING_SETSID.test(withoutPrefix(keys.entries(['ExecStart'])[0]?.value ?? ''));
  const on = daemonises(command.value);
  if (command.value.leftBehind !== true && on === undefined && !setsid) return [];
  const { server = '' } = command.value;
  const why =
    on === undefined
      ? setsid
        ? 'setsid forks and ends'
        : 'nothing waits for the server behind `&`'
      : `${server} --${on.option} forks and ends`;
  return [
    {
      confidence: 'high',
      message:
        unit === undefined
          ? `${why}: ${supervisor} sees an end, and starts ${name} again while it runs`
          : `${why}: systemd takes that for the end of ${name}, and ends the server with what else is left of it`,
      help:
        on === undefined
          ? setsid
            ? 'take setsid out: systemd starts every service in a session of its own'
            : 'start the server with `exec`, without `&`'
          : `take ${on.option} out`,
      at: on?.at ?? command.at,
    },
  ];
}
