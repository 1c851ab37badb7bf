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
      restart: restartOf(blocksOf(task, 'restart')[0] ?? blocksOf(group, 'restart')[0], job),
      coreLimit: limitOf(blocksOf(config, 'ulimit')[0]),
      environment,
      ...(user === undefined ? {} : { user }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
    },
    startedByWords(words, { reader, environment, folder: folderOf(file.path) }),
  );
}

/** Nomad's `restart` block: 2 attempts in 30 minutes by default for services, then `mode = "fail"`; 0 attempts never. */
function restartOf(restart: HclBlock | undefined, job: HclBlock): RestartPolicy {
  const attempts = restart?.attributes.get('attempts')?.[0];
  const type = job.attributes.get('type')?.[0]?.value ?? 'service';
  if (attempts?.value === '0') {
    return {
      afterAbort: false,
      at: attempts.at,
      detail: 'restart.attempts = 0: the task is not started again in place',
    };
  }
  return {
    afterAbort: true,
    ...(attempts === undefined ? {} : { at: attempts.at }),
    detail: `a task of a ${type} job is started again${attempts === undefined ? ' (by default at most twice in half an hour)' : `, at most ${attempts.value} times in its interval`}`,
  };
}

/** The docker driver's `ulimit { core = "-1" }`. */
function limitOf(ulimit: HclBlock | undefined): CoreLimit {
  const core = ulimit?.attributes.get('core')?.[0];
  if (core === undefined)
    return { soft: 'unknown', detail: 'the driver’s default holds; docker: ulimit { core = "-1" }' };
  const [soft = ''] = core.value.split(':');
  return soft === '-1' || soft === 'unlimited'
    ? { soft: 'unlimited', at: core.at, detail: 'ulimit.core' }
    : { soft: Number.isNaN(Number(soft)) ? 'unknown' : Number(soft), at: core.at, detail: 'ulimit.core' };
}
