import { execa } from 'execa';

/** What runs containers here, and what reads compose files for it. */
export interface ContainerEngine {
  name: 'docker' | 'podman';
  /** Words of the command that takes `-f FILE up`. */
  compose: readonly [string, ...string[]];
}

/** The engine that answers, with a compose command for it; undefined where there is none. */
export async function findEngine(): Promise<ContainerEngine | undefined> {
  const engines: readonly ContainerEngine[] = [
    { name: 'docker', compose: ['docker', 'compose'] },
    // a pod would be one more thing to remove
    { name: 'podman', compose: ['podman-compose', '--in-pod', 'false'] },
  ];
  for (const engine of engines) {
    const [program, ...words] = engine.compose;
    // the client alone says its version where no daemon runs
    const answers = await Promise.all([
      execa(engine.name, ['info'], { reject: false, timeout: 20_000 }),
      execa(program, [...words, 'version'], { reject: false, timeout: 20_000 }),
    ]);
    if (answers.every(({ exitCode }) => exitCode === 0)) return engine;
  }
  return undefined;
}

/** What `inspect` says of a container, in the words that docker and podman have in common. */
export interface ContainerState {
  id: string;
  /** `running`, `restarting`, `exited` … */
  status: string;
  /** Of its first process, in the pid namespace of the engine; 0 where it does not run. */
  pid: number;
  exitCode: number;
  restartPolicy: string;
  maximumRetries: number;
  /** Its first address in a network of its own; undefined in the network of the host. */
  address: string | undefined;
}

interface Inspected {
  Id: string;
  State: { Status: string; Pid: number; ExitCode: number };
  HostConfig: { RestartPolicy?: { Name?: string; MaximumRetryCount?: number } };
  NetworkSettings: { Networks?: Record<string, { IPAddress?: string }> | null };
}

/** The container of that service in a compose project; undefined while there is none. */
export async function inspectService(
  engine: ContainerEngine,
  project: string,
  service: string,
): Promise<ContainerState | undefined> {
  const labels = [`${PROJECT}=${project}`, `${SERVICE}=${service}`];
  const [id] = await ids(engine, ['ps', '--all', '--quiet', '--no-trunc'], labels);
  if (id === undefined) return undefined;
  const { stdout, exitCode } = await execa(engine.name, ['inspect', '--type', 'container', id], {
    reject: false,
  });
  if (exitCode !== 0) return undefined;
  const [found] = JSON.parse(stdout) as Inspected[];
  if (found === undefined) return undefined;
  const networks = Object.values(found.NetworkSettings.Networks ?? {});
  return {
    id: found.Id,
    status: found.State.Status,
    pid: found.State.Pid,
    exitCode: found.State.ExitCode,
    restartPolicy: found.HostConfig.RestartPolicy?.Name || 'no',
    maximumRetries: found.HostConfig.RestartPolicy?.MaximumRetryCount ?? 0,
    address: networks
      .map(({ IPAddress }) => IPAddress)
      .find((address) => address !== undefined && address !== ''),
  };
}

/** The exit codes with which the first process of the container has ended, in order. */
export async function exitCodes(engine: ContainerEngine, id: string, since: Date): Promise<string[]> {
  // what has happened so far, and no waiting for more
  const [event, until] =
    engine.name === 'docker' ? ['die', ['--until', new Date().toISOString()]] : ['died', ['--stream=false']];
  const { stdout } = await execa(
    engine.name,
    [
      'events',
      '--since',
      since.toISOString(),
      ...until,
      '--filter',
      `container=${id}`,
      '--filter',
      `event=${event}`,
      '--format',
      '{{json .}}',
    ],
    { reject: false, timeout: 20_000 },
  );
  return stdout.split('\n').flatMap((line) => {
    if (line === '') return [];
    const { Actor, ContainerExitCode } = JSON.parse(line) as {
      Actor?: { Attributes?: { exitCode?: string } };
      ContainerExitCode?: number;
    };
    const code = Actor?.Attributes?.exitCode ?? ContainerExitCode;
    return code === undefined ? [] : [String(code)];
  });
}

/** Removes the containers, networks, volumes and images of a compose project; nothing of another one. */
export async function removeProject(engine: 'docker' | 'podman', project: string): Promise<void> {
  const label = [`${PROJECT}=${project}`];
  const remove = async (list: readonly string[], words: readonly string[]): Promise<void> => {
    const found = await ids({ name: engine }, list, label);
    if (found.length > 0) await execa(engine, [...words, ...found], { reject: false });
  };
  await remove(['ps', '--all', '--quiet'], ['rm', '--force', '--volumes']);
  await remove(['network', 'ls', '--quiet'], ['network', 'rm']);
  await remove(['volume', 'ls', '--quiet'], ['volume', 'rm']);
  // those that compose has built have the project in their name, and no label in podman-compose
  const { stdout } = await execa(engine, ['images', '--quiet', '--filter', `reference=*${project}*`], {
    reject: false,
  });
  const images = [...new Set(stdout.split('\n').filter(Boolean))];
  if (images.length > 0) await execa(engine, ['rmi', '--force', ...images], { reject: false });
}

const PROJECT = 'com.docker.compose.project';
const SERVICE = 'com.docker.compose.service';

async function ids(
  engine: Pick<ContainerEngine, 'name'>,
  list: readonly string[],
  labels: readonly string[],
): Promise<string[]> {
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
  const { stdout } = await execa(engine.name, [...list, ...filters], { reject: false });
  return stdout.split('\n').filter(Boolean);
}
