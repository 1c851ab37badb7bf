import type { CoreLimit, Located, RestartPolicy } from '../project.ts';
import { readHcl, type HclBlock } from '../readers/hcl.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, startedByWords } from '../start-command.ts';
import { folderOf, addServices, type Found, type Supervisor } from './supervisor.ts';

/** Nomad job files: tasks with a command of their own. */
export const nomad: Supervisor = {
  name: 'nomad',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!/\.nomad(?:\.hcl)?(?:\.(?:j2|tpl|tmpl))?$|nomad[^/]*\.hcl$/.test(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined) continue;
      for (const job of readHcl(file)) {
        for (const group of blocksOf(job, 'group')) {
          for (const task of blocksOf(group, 'task')) addTask(file, job, group, task, reader, found);
        }
      }
    }
  },
};

function blocksOf(block: HclBlock | undefined, type: string): HclBlock[] {
  return block?.blocks.filter((inner) => inner.type === type) ?? [];
}

function addTask(
  file: SourceFile,
  job: HclBlock,
  group: HclBlock,
  task: HclBlock,
  reader: CommandReader,
  found: Found,
): void {
  const [config] = blocksOf(task, 'config');
  const environment = new Map(
    blocksOf(task, 'env').flatMap(({ attributes }) =>
      [...attributes].flatMap(([name, [value]]): [string, Located<string>][] =>
        value === undefined ? [] : [[name, value]],
      ),
    ),
  );
  const words = [
    ...(config?.attributes.get('entrypoint') ?? []),
    ...(config?.attributes.get('command') ?? []),
    ...(config?.attributes.get('args') ?? []),
  ];
  const user = task.attributes.get('user')?.[0];
  const workingDirectory = config?.attributes.get('work_dir')?.[0];
  addServices(
    found,
    {
      name: `${job.labels[0] ?? 'job'}/${task.labels[0] ?? 'task'}`,
      supervisor: 'nomad',
      file: file.path,
      restart: restartOf(
        [...blocksOf(task, 'restart'), ...blocksOf(group, 'restart')],
        [...blocksOf(group, 'reschedule'), ...blocksOf(job, 'reschedule')],
        job,
      ),
      coreLimit: limitOf(blocksOf(config, 'ulimit')[0]),
      environment,
      ...(user === undefined ? {} : { user }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
    },
    startedByWords(words, { reader, environment, folder: folderOf(file.path) }),
  );
}

/** The attribute in the first of the blocks that has it. */
function valueOf(blocks: readonly HclBlock[], name: string): Located<string> | undefined {
  return blocks.flatMap(({ attributes }) => attributes.get(name)?.[0] ?? [])[0];
}

/**
 * Nomad's blocks `restart` (that of the task over that of the group) and `reschedule` (group over job). Defaults of a
 * service: 2 attempts in 30 minutes, then `mode = "fail"`, and another allocation for ever; only services are
 * rescheduled without a limit, and jobs of type system never.
 */
function restartOf(
  restart: readonly HclBlock[],
  reschedule: readonly HclBlock[],
  job: HclBlock,
): RestartPolicy {
  const attempts = valueOf(restart, 'attempts');
  const mode = valueOf(restart, 'mode');
  const type = valueOf([job], 'type')?.value ?? 'service';
  const others = valueOf(reschedule, 'attempts');
  const unlimited = valueOf(reschedule, 'unlimited');
  const ends = unlimited?.value === 'false' && others?.value === '0' ? others : undefined;
  const isRescheduled = type === 'service' && ends === undefined;
  if (attempts?.value === '0' && !isRescheduled) {
    return {
      afterAbort: false,
      at: attempts.at,
      detail: 'restart.attempts = 0 and no reschedule: nothing starts the task again',
    };
  }
  const most = attempts?.value ?? '2';
  const first = attempts?.at ?? ends?.at;
  return {
    afterAbort: true,
    ...(attempts === undefined ? {} : { at: attempts.at }),
    detail:
      attempts?.value === '0'
        ? 'restart.attempts = 0: not again in place, but in another allocation'
        : `a task of a ${type} job is started again${attempts === undefined ? ' (by default at most twice in half an hour)' : `, at most ${most} times in its interval`}`,
    ...(isRescheduled || type !== 'service' || mode?.value === 'delay'
      ? {}
      : {
          leavesDown: {
            ...(first === undefined ? {} : { at: first }),
            detail: `after ${most} restarts within its interval (attempts${attempts === undefined ? ', the default' : ''}) the allocation has failed, and reschedule makes no other one`,
          },
        }),
  };
}

/** `ulimit { core = "-1" }` of the drivers docker and podman: soft limit, or soft:hard. */
function limitOf(ulimit: HclBlock | undefined): CoreLimit {
  const core = ulimit?.attributes.get('core')?.[0];
  if (core === undefined)
    return { soft: 'unknown', detail: 'the driver’s default holds; docker: ulimit { core = "-1" }' };
  const [soft = ''] = core.value.split(':');
  if (soft === '-1') return { soft: 'unlimited', at: core.at, detail: 'ulimit.core' };
  if (/^\d+$/.test(soft)) return { soft: Number(soft), at: core.at, detail: 'ulimit.core' };
  // drivers/docker/driver.go, sliceMergeUlimit: strconv.Atoi. An expression is known only when the job is run
  return /[${]/.test(soft)
    ? { soft: 'unknown', at: core.at, detail: 'ulimit.core' }
    : {
        soft: 'unknown',
        at: core.at,
        detail: `the driver takes numbers, not ${soft}, and fails every start`,
        refused: true,
      };
}
