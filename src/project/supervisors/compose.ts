import type { CoreLimit, Located, RestartPolicy, Span } from '../project.ts';
import { environmentFile } from '../readers/environment-file.ts';
import type { SourceFile } from '../readers/text.ts';
import { maskTemplate, PLACEHOLDER } from '../readers/template.ts';
import { itemsOf, mappingOf, readYaml, textOf, under, type YamlValue } from '../readers/yaml.ts';
import { type CommandReader, startedByText, startedByWords, type Started } from '../start-command.ts';
import { composeFiles } from './container-files.ts';
import { CONTAINER_LIMIT, readImage, type Image } from './dockerfile.ts';
import { folderOf, addServices, type Found, type Supervisor } from './supervisor.ts';

const NAME = /(?:compose|stack|portainer)[^/]*\.ya?ml(?:\.[\w]+)?$/i;
const FOLDER = /(?:^|\/)[^/]*compose[^/]*\/[^/]+\.ya?ml$/i;

/** Compose files (compose-spec): services, with `extends`, anchors, `env_file` and the Dockerfile that they build. */
export const compose: Supervisor = {
  name: 'compose',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!NAME.test(path) && !FOLDER.test(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined) continue;
      for (const document of documentsOf(file)) {
        for (const { key, value } of mappingOf(under(document, 'services'))) {
          addService(new ServiceDefinition(file, value, reader), key.value, reader, found);
        }
      }
    }
  },
};

function documentsOf(file: SourceFile): YamlValue[] {
  return readYaml(file, maskTemplate(file.text).text);
}

/** A service with what it extends: the nearest definition of a key wins, environments add up. */
class ServiceDefinition {
  readonly file: SourceFile;
  readonly own: YamlValue;
  readonly #levels: { file: SourceFile; value: YamlValue }[] = [];

  constructor(file: SourceFile, value: YamlValue, reader: CommandReader) {
    this.file = file;
    this.own = value;
    let level: { file: SourceFile; value: YamlValue } | undefined = { file, value };
    while (level !== undefined && this.#levels.length < 10) {
      this.#levels.push(level);
      level = extended(level, reader);
    }
  }

  get(...keys: readonly string[]): { file: SourceFile; value: YamlValue } | undefined {
    for (const { file, value } of this.#levels) {
      const found = under(value, ...keys);
      if (found !== undefined) return { file, value: found };
    }
    return undefined;
  }

  text(...keys: readonly string[]): Located<string> | undefined {
    return textOf(this.get(...keys)?.value);
  }

  all(key: string): { file: SourceFile; value: YamlValue }[] {
    return this.#levels.flatMap(({ file, value }) => {
      const found = under(value, key);
      return found === undefined ? [] : [{ file, value: found }];
    });
  }
}

function extended(
  { file, value }: { file: SourceFile; value: YamlValue },
  reader: CommandReader,
): { file: SourceFile; value: YamlValue } | undefined {
  const extension = under(value, 'extends');
  const service = textOf(extension)?.value ?? textOf(under(extension, 'service'))?.value;
  if (service === undefined) return undefined;
  const named = textOf(under(extension, 'file'))?.value;
  const other = named === undefined ? file : reader.sources.read(joined(folderOf(file.path), named));
  if (other === undefined) return undefined;
  for (const document of documentsOf(other)) {
    const found = under(document, 'services', service);
    if (found !== undefined && found !== value) return { file: other, value: found };
  }
  return undefined;
}

function addService(definition: ServiceDefinition, name: string, reader: CommandReader, found: Found): void {
  const image = imageOf(definition, reader);
  const environment = environmentOf(definition, reader);
  const started = startedBy(definition, image, environment, reader);
  const user = definition.text('user') ?? image?.user;
  const workingDirectory = definition.text('working_dir') ?? image?.workingDirectory;
  addServices(
    found,
    {
      name,
      supervisor: 'compose',
      file: definition.file.path,
      restart: { ...restartOf(definition), ...onlyWith(definition.get('profiles')?.value) },
      failuresOnly:
        (
          definition.text('restart') ?? definition.text('deploy', 'restart_policy', 'condition')
        )?.value.startsWith('on-failure') === true,
      coreLimit: coreLimitOf(definition),
      environment,
      containerFiles: composeFiles(
        definition.text('read_only'),
        definition.all('volumes').map(({ value }) => value),
        definition.all('tmpfs').map(({ value }) => value),
        // without either it is the rest of a service that another file defines
        definition.get('image') !== undefined || definition.get('build') !== undefined,
      ),
      ...(user === undefined ? {} : { user }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
    },
    started,
  );
}

function imageOf(definition: ServiceDefinition, reader: CommandReader): Image | undefined {
  const build = definition.get('build');
  if (build === undefined) return undefined;
  const context = textOf(build.value)?.value ?? textOf(under(build.value, 'context'))?.value ?? '.';
  const dockerfile = textOf(under(build.value, 'dockerfile'))?.value ?? 'Dockerfile';
  const file = reader.sources.read(joined(joined(folderOf(build.file.path), context), dockerfile));
  return file === undefined
    ? undefined
    : readImage(file, reader, textOf(under(build.value, 'target'))?.value);
}

/** `entrypoint` replaces the image's and drops its CMD; `command` replaces CMD (compose-spec). A string is split as a shell does. */
function startedBy(
  definition: ServiceDefinition,
  image: Image | undefined,
  environment: ReadonlyMap<string, Located<string>>,
  reader: CommandReader,
): Started[] {
  const command = definition.get('command');
  const entrypoint = definition.get('entrypoint');
  const commandWords = command === undefined ? undefined : wordsIn(command.value);
  const entrypointWords = entrypoint === undefined ? undefined : wordsIn(entrypoint.value);
  const context = {
    reader,
    environment,
    folder: definition.text('working_dir') === undefined ? '' : folderOf(definition.file.path),
  };
  const text = command === undefined ? undefined : textOf(command.value);
  if (command !== undefined && text !== undefined && entrypointWords === undefined && image === undefined) {
    return startedByText(text, context).map(notBehindShell);
  }
  if (image === undefined) {
    return startedByWords([...(entrypointWords ?? []), ...(commandWords ?? [])], context);
  }
  return image.started(entrypointWords, commandWords, environment);
}

/** Compose splits a string itself: no shell stays. */
function notBehindShell(started: Started): Started {
  const { value } = started.command;
  return value.launchers.some((launcher) => launcher.endsWith('sh -c'))
    ? started
    : { ...started, command: { ...started.command, value: { ...value, behindShell: false } } };
}

function wordsIn(value: YamlValue): Located<string>[] {
  const text = textOf(value);
  if (text === undefined) return itemsOf(value).flatMap((item) => textOf(item) ?? []);
  const words: Located<string>[] = [];
  for (const match of text.value.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)) {
    const [, double, single, bare] = match;
    words.push({ value: double ?? single ?? bare ?? '', at: text.at });
  }
  return words;
}

/** Variables of `environment` (map or list) and of the `env_file`s that are in the tree, which come first. */
function environmentOf(definition: ServiceDefinition, reader: CommandReader): Map<string, Located<string>> {
  const environment = new Map<string, Located<string>>();
  for (const { file, value } of definition.all('env_file').reverse()) {
    for (const item of value.kind === 'sequence' ? value.items : [value]) {
      const path = textOf(item)?.value ?? textOf(under(item, 'path'))?.value;
      const source = path === undefined ? undefined : reader.sources.read(joined(folderOf(file.path), path));
      if (source !== undefined)
        for (const [name, located] of environmentFile(source)) environment.set(name, located);
    }
  }
  for (const { value } of definition.all('environment').reverse()) {
    for (const { key, value: inner } of mappingOf(value)) {
      const text = textOf(inner);
      if (text !== undefined) environment.set(key.value, { ...text, value: withDefaults(text.value) });
    }
    for (const item of itemsOf(value)) {
      const text = textOf(item);
      const equals = text?.value.indexOf('=') ?? -1;
      if (text === undefined || equals <= 0) continue;
      environment.set(text.value.slice(0, equals), {
        value: withDefaults(text.value.slice(equals + 1)),
        at: text.at,
      });
    }
  }
  return environment;
}

/** `${NAME:-default}` with nothing known of the environment. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
}

/** Keys of `deploy` that only a swarm has a use for. */
const SWARM_ONLY = ['mode', 'placement', 'update_config', 'rollback_config', 'endpoint_mode'];

/** compose-spec, `restart` and `deploy.restart_policy` (swarm only, default condition `any`). */
function restartOf(definition: ServiceDefinition): RestartPolicy {
  const restart = definition.text('restart');
  const condition = definition.text('deploy', 'restart_policy', 'condition');
  const deployed = definition.get('deploy', 'restart_policy');
  if (restart === undefined && deployed !== undefined) {
    const policy = policyOf(
      condition?.value ?? 'any',
      condition?.at ?? deployed.value.at,
      'deploy.restart_policy.condition',
    );
    // docker compose (docker/compose#9944) and swarm act on it; podman-compose 1.6 does not, measured
    if (
      policy.afterAbort === true &&
      !SWARM_ONLY.some((key) => definition.get('deploy', key) !== undefined)
    ) {
      return {
        ...policy,
        afterAbort: 'unknown',
        detail: `${policy.detail} under docker, and podman-compose does not read it: restart: unless-stopped is for both`,
      };
    }
    const attempts = definition.text('deploy', 'restart_policy', 'max_attempts');
    // with a window swarm counts only what fell into it
    if (attempts === undefined || definition.get('deploy', 'restart_policy', 'window') !== undefined)
      return policy;
    return { ...policy, ...givesUp(attempts.value, attempts.at) };
  }
  if (restart === undefined) {
    return {
      afterAbort: false,
      ...placeIn(definition),
      detail: 'no restart: the default is no, and nothing starts the container again',
    };
  }
  return policyOf(restart.value, restart.at, 'restart');
}

/** The first key of the service. */
function placeIn(definition: ServiceDefinition): Pick<RestartPolicy, 'place'> {
  const [first] = definition.own.kind === 'mapping' ? definition.own.entries : [];
  return first === undefined ? {} : { place: first.key.at };
}

/** A service with profiles is started with one of them only (compose-spec, Profiles). */
function onlyWith(profiles: YamlValue | undefined): Pick<RestartPolicy, 'byHand'> {
  const [first] = itemsOf(profiles);
  const profile = textOf(first);
  return profile === undefined ? {} : { byHand: { ...profile, value: `profile ${profile.value}` } };
}

function policyOf(value: string, at: Span, key: string): RestartPolicy {
  if (/^(?:always|unless-stopped|on-failure(?::\d+)?|any)$/.test(value)) {
    const attempts = /:(\d+)$/.exec(value)?.[1] ?? '';
    return { afterAbort: true, at, detail: `${key}: ${value} starts it again`, ...givesUp(attempts, at) };
  }
  if (/^(?:no|false|none)$/i.test(value)) {
    return { afterAbort: false, at, detail: `${key}: ${value}: nothing starts it again` };
  }
  return { afterAbort: 'unknown', at, detail: `${key}: ${value} is known only when it is rendered` };
}

/** Docker counts restarts for as long as the container is there (moby, daemon/internal/restartmanager); 0 is no bound. */
function givesUp(attempts: string, at: Span): Pick<RestartPolicy, 'givesUp'> {
  return Number(attempts) > 0 ? { givesUp: { ends: Number(attempts) + 1, at } } : {};
}

/** `ulimits: {core: -1}`, `core: {soft: …, hard: …}`; -1 is unlimited. A core is a file, too. */
function coreLimitOf(definition: ServiceDefinition): CoreLimit {
  const file = limitOf(definition, 'fsize');
  if (typeof file?.soft === 'number') {
    return { ...file, detail: 'ulimits.fsize is for every file, the core too' };
  }
  return limitOf(definition, 'core') ?? CONTAINER_LIMIT;
}

function limitOf(definition: ServiceDefinition, name: string): CoreLimit | undefined {
  const core = definition.get('ulimits', name);
  const text = textOf(core?.value) ?? textOf(under(core?.value, 'soft'));
  if (text === undefined) return undefined;
  const { at } = text;
  const detail = `ulimits.${name}`;
  const soft = limitIn(text.value);
  if (soft === 'refused') {
    return {
      soft: 'unknown',
      at,
      detail: `${detail} takes no ${text.value}, only numbers`,
      refused: true,
      instead: 'write -1: no limit',
    };
  }
  if (soft === 'unknown') {
    return { soft, at, detail: `${detail}: ${text.value} is known only when it is rendered` };
  }
  const hard = limitIn((textOf(under(core?.value, 'hard')) ?? text).value);
  return { soft, at, detail, ...(typeof hard === 'number' || hard === 'unlimited' ? { hard } : {}) };
}

/** docker and podman take numbers only (docker/go-units, ParseUlimit). */
function limitIn(value: string): CoreLimit['soft'] | 'refused' {
  if (value === '-1') return 'unlimited';
  if (/^\d+$/.test(value)) return Number(value);
  return /[$%{]/.test(value) || value.includes(PLACEHOLDER) ? 'unknown' : 'refused';
}

/** A path relative to a folder of the tree; one that leaves the tree finds nothing. */
function joined(folder: string, path: string): string {
  if (path.startsWith('/')) return path;
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
