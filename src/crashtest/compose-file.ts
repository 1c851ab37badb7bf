import { execa } from 'execa';
import { UserError } from '../errors.ts';
import type { ContainerEngine } from './containers.ts';

/** What is added to the service under test. */
export interface Addition {
  environment: Readonly<Record<string, string>>;
  /** `SOURCE:TARGET`, as compose has them. */
  volumes: readonly string[];
  user: string | undefined;
}

type Mapping = Record<string, unknown>;

/**
 * The project as compose itself resolves it (merged, interpolated), with what it would share with the deployment taken
 * away: published ports, names of containers, images and networks. Throws where a volume belongs to the deployment.
 */
export async function resolvedProject(
  engine: ContainerEngine,
  files: readonly string[],
  cwd: string,
): Promise<Mapping> {
  const [program, ...words] = engine.compose;
  const named = files.flatMap((file) => ['-f', file]);
  const { stdout, stderr, exitCode } = await execa(program, [...words, ...named, 'config'], {
    cwd,
    reject: false,
  });
  const { parse } = await import('../yaml-parser.ts');
  const project: unknown = exitCode === 0 ? parse(stdout) : undefined;
  if (!isMapping(project)) {
    const said = stderr.trim().split('\n').at(-1) ?? '';
    throw new UserError(
      'compose-file',
      `${engine.compose.join(' ')} cannot read ${files.join(', ')}: ${said}`,
    );
  }
  // podman-compose prints what `$$` means and reads it again
  return withoutShared(engine.name === 'podman' ? (escaped(project) as Mapping) : project);
}

/** The same with what the test adds to one of its services. */
export function withAddition(project: Mapping, name: string, addition: Addition): Mapping {
  const services = mapping(project['services']);
  const service = mapping(services[name]);
  const { volumes } = service;
  return {
    ...project,
    services: {
      ...services,
      [name]: {
        ...service,
        environment: {
          ...environmentOf(service['environment']),
          ...(escaped(addition.environment) as Mapping),
        },
        volumes: [...(Array.isArray(volumes) ? (volumes as unknown[]) : []), ...addition.volumes],
        ...(addition.user === undefined ? {} : { user: addition.user }),
      },
    },
  };
}

function withoutShared(project: Mapping): Mapping {
  const services: Mapping = {};
  for (const [name, value] of Object.entries(mapping(project['services']))) {
    const { ports: _ports, container_name: _name, image, ...service } = mapping(value);
    // an image that is built would take over the name of the deployment's
    services[name] = service['build'] === undefined ? { ...service, image } : service;
  }
  for (const [name, value] of Object.entries(mapping(project['volumes']))) {
    const { external } = mapping(value);
    if (external === undefined || external === false) continue;
    throw new UserError('shared-volume', `the volume ${name} is external: it belongs to a deployment`, {
      help: `name a compose file without it: --env COMPOSE_FILE=…`,
    });
  }
  const { name: _name, ...rest } = project;
  return {
    ...rest,
    services,
    ...(project['volumes'] === undefined ? {} : { volumes: plain(project['volumes']) }),
    ...(project['networks'] === undefined ? {} : { networks: plain(project['networks']) }),
  };
}

/** Volumes or networks without their names on this machine. */
function plain(value: unknown): Mapping {
  const own = ({ name: _name, external: _external, ...rest }: Mapping): Mapping => rest;
  return Object.fromEntries(Object.entries(mapping(value)).map(([key, each]) => [key, own(mapping(each))]));
}

/** Both forms that compose takes: a mapping, and a list of NAME=VALUE. */
function environmentOf(value: unknown): Mapping {
  if (!Array.isArray(value)) return mapping(value);
  const pairs = value.map((item): [string, string | null] => {
    const [, name, text] = /^([^=]*)(?:=(.*))?$/s.exec(String(item)) ?? [];
    return [name ?? '', text ?? null];
  });
  return Object.fromEntries(pairs);
}

/** compose puts variables in at `$NAME`, and reads `$$` as a dollar. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escaped);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, escaped(each)]));
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
