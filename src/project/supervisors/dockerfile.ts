import type { CoreLimit, Located, RestartPolicy } from '../project.ts';
import { readDockerfile, type Instruction, type Stage } from '../readers/dockerfile.ts';
import { expandWord, readWords } from '../readers/shell.ts';
import type { SourceFile } from '../readers/text.ts';
import {
  type CommandReader,
  isForProduction,
  startedByShell,
  startedByWords,
  type StartContext,
  type Started,
} from '../start-command.ts';
import { folderOf, addServices, type Supervisor } from './supervisor.ts';

/** `docker run` without `--restart`, and core_pattern(5): the pattern is the host's. */
const NO_RESTART: RestartPolicy = {
  afterAbort: 'unknown',
  detail:
    'an image says nothing of restarts: what runs the container does (docker run has --restart=no by default)',
};

export const CONTAINER_LIMIT: CoreLimit = {
  soft: 'unknown',
  detail: 'the container runtime decides (docker run --ulimit core=-1); the core pattern is the host’s',
};

const FILE_NAME = /(?:^|\/)(?:[^/]*[.-])?(?:dockerfile|containerfile)(?:[.-][^/]*)?$/i;

export function isDockerfile(path: string): boolean {
  return FILE_NAME.test(path) && !/\.(?:md|rst|txt|sh|py|ya?ml|dockerignore)$/.test(path);
}

/** Dockerfiles: what the last stage starts, or one before it where the last is for developers. A compose file or a manifest that says more has services of its own. */
export const dockerfile: Supervisor = {
  name: 'dockerfile',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!isDockerfile(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined) continue;
      const image = deployedImage(file, reader);
      const started = image.started();
      if (started.length === 0 && image.command !== undefined && image.shell) {
        found.notes.push({
          code: 'start-command-unread',
          message: `what ${path} starts was not found out`,
          at: image.command,
        });
      }
      addServices(found, definitionOf(path, image), started);
    }
  },
};

/** The last stage, which is built where nobody says another; one with a name that has a server where the last has none. */
function deployedImage(file: SourceFile, reader: CommandReader): Image {
  const last = readImage(file, reader);
  const isServing = (image: Image) => image.started().some(isForProduction);
  if (isServing(last)) return last;
  const others = readDockerfile(file).flatMap(({ name }) =>
    name === undefined ? [] : [readImage(file, reader, name)],
  );
  return others.findLast(isServing) ?? last;
}

function definitionOf(path: string, image: Image) {
  return {
    name: path,
    supervisor: 'dockerfile',
    file: path,
    restart: NO_RESTART,
    coreLimit: CONTAINER_LIMIT,
    environment: image.environment,
    ...(image.user === undefined ? {} : { user: image.user }),
    ...(image.workingDirectory === undefined ? {} : { workingDirectory: image.workingDirectory }),
  };
}

/** What an image is set up to do, ready for other words in place of its ENTRYPOINT and CMD. */
export interface Image {
  environment: ReadonlyMap<string, Located<string>>;
  user?: Located<string>;
  workingDirectory?: Located<string>;
  /** Where the command stands; absent where the base image's is used. */
  command?: Instruction['at'];
  shell: boolean;
  /** What a container of it starts; `entrypoint` and `words` replace ENTRYPOINT and CMD as compose and Kubernetes do. */
  started(
    entrypoint?: readonly Located<string>[],
    words?: readonly Located<string>[],
    environment?: ReadonlyMap<string, Located<string>>,
  ): Started[];
}

/** Reads the stage `target` (the last one where it is not given), with the stages that it is made from. */
export function readImage(file: SourceFile, reader: CommandReader, target?: string): Image {
  const stages = readDockerfile(file);
  const chain = chainOf(stages, target);
  const environment = new Map<string, Located<string>>();
  const copied = new Map<string, readonly string[]>();
  let user: Located<string> | undefined;
  let workingDirectory: Located<string> | undefined;
  let entrypoint: Instruction | undefined;
  let command: Instruction | undefined;
  const expand = (instruction: Instruction): Located<string> => {
    const variables = new Map([...environment].map(([name, { value }]): [string, string] => [name, value]));
    const words = readWords(file.text, instruction.start, instruction.end);
    const value = words
      .map((word) => {
        const expanded = expandWord(word, variables);
        // a variable that only the build knows stays as it is written
        return expanded.known ? expanded.value : file.text.slice(word.start, word.end);
      })
      .join(' ');
    return { value, at: file.span(instruction.start, instruction.end) };
  };
  for (const stage of chain) {
    for (const instruction of stage.instructions) {
      switch (instruction.keyword) {
        case 'ENV':
        case 'ARG':
          setVariables(file, instruction, environment);
          break;
        case 'WORKDIR': {
          const next = expand(instruction);
          const before = workingDirectory?.value ?? '/';
          workingDirectory = next.value.startsWith('/')
            ? next
            : { value: `${before.replace(/\/$/, '')}/${next.value}`, at: next.at };
          break;
        }
        case 'USER':
          user = expand(instruction);
          break;
        case 'COPY':
        case 'ADD':
          if (!instruction.flags.some((flag) => flag.startsWith('--from='))) {
            addCopied(file, instruction, workingDirectory?.value ?? '/', copied);
          }
          break;
        case 'ENTRYPOINT':
          entrypoint = instruction;
          // an ENTRYPOINT resets the CMD of the image that it is made from
          if (command !== undefined && !stage.instructions.includes(command)) command = undefined;
          break;
        case 'CMD':
          command = instruction;
          break;
      }
    }
  }
  const start = command ?? entrypoint;
  return {
    environment,
    ...(user === undefined ? {} : { user }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    ...(start === undefined ? {} : { command: start.at }),
    shell: start !== undefined && start.exec === undefined,
    started(entrypointWords, words, more = new Map()) {
      const context: StartContext = {
        reader,
        environment: new Map([...environment, ...more]),
        folder: folderIn(reader, folderOf(file.path), workingDirectory?.value, copied),
        copied,
      };
      if (entrypointWords !== undefined) {
        return startedByWords([...entrypointWords, ...(words ?? [])], context);
      }
      // the shell form of ENTRYPOINT ignores CMD (Dockerfile reference)
      if (entrypoint !== undefined && entrypoint.exec === undefined) {
        return startedByShell(file, entrypoint.start, entrypoint.end, context);
      }
      const first = entrypoint?.exec ?? [];
      const rest = words ?? command?.exec;
      if (rest === undefined && command !== undefined) {
        return first.length === 0
          ? startedByShell(file, command.start, command.end, context)
          : startedByWords(
              [
                ...first,
                { value: '/bin/sh', at: command.at },
                { value: '-c', at: command.at },
                {
                  value: file.text.slice(command.start, command.end),
                  at: file.span(command.start, command.end),
                },
              ],
              context,
            );
      }
      const all = [...first, ...(rest ?? [])];
      const [only] = all;
      // `CMD ["uwsgi --ini uwsgi.ini"]` is a program of that name, unless what starts the container hands it to a shell
      return all.length === 1 && only !== undefined && /\s/.test(only.value)
        ? startedByWords([{ value: '/bin/sh', at: only.at }, { value: '-c', at: only.at }, only], context)
        : startedByWords(all, context);
    },
  };
}

/** The stages that make up one, the earliest first. */
function chainOf(stages: readonly Stage[], target: string | undefined): Stage[] {
  const last =
    (target === undefined ? undefined : stages.find(({ name }) => name === target)) ?? stages.at(-1);
  const chain: Stage[] = [];
  for (let stage = last; stage !== undefined && !chain.includes(stage);) {
    chain.unshift(stage);
    const from: string = stage.from.toLowerCase();
    stage = stages.slice(0, stages.indexOf(stage)).find(({ name }) => name?.toLowerCase() === from);
  }
  return chain;
}

/** `ENV A=b C="d e"`, `ENV A b`, `ARG A=b`. */
function setVariables(
  file: SourceFile,
  instruction: Instruction,
  environment: Map<string, Located<string>>,
): void {
  const text = file.text.slice(instruction.start, instruction.end);
  const variables = new Map([...environment].map(([name, { value }]): [string, string] => [name, value]));
  const old = /^([A-Za-z_]\w*)[ \t]+(?!=)/.exec(text);
  if (old !== null && instruction.keyword === 'ENV') {
    const start = instruction.start + old[0].length;
    environment.set(old[1] ?? '', {
      value: file.text.slice(start, instruction.end),
      at: file.span(start, instruction.end),
    });
    return;
  }
  for (const word of readWords(`: ${text}`)) {
    const { value } = expandWord(word, variables);
    const equals = value.indexOf('=');
    if (equals <= 0) continue;
    const from = instruction.start + word.start - 2 + equals + 1;
    const to = Math.max(from, instruction.start + word.end - 2);
    environment.set(value.slice(0, equals), {
      value: value.slice(equals + 1),
      at: file.span(Math.min(from, instruction.end), Math.min(to, instruction.end)),
    });
  }
}

/** `COPY a b /target/`: where single files come to lie in the image. */
function addCopied(
  file: SourceFile,
  instruction: Instruction,
  cwd: string,
  copied: Map<string, readonly string[]>,
): void {
  const words =
    instruction.exec?.map(({ value }) => value) ??
    file.text.slice(instruction.start, instruction.end).split(/\s+/);
  const target = words.at(-1);
  if (target === undefined || words.length < 2) return;
  const base = folderOf(file.path);
  const absolute = target.startsWith('/')
    ? target
    : `${cwd.replace(/\/$/, '')}/${target.replace(/^\.\//, '')}`;
  for (const source of words.slice(0, -1)) {
    const path = source.replace(/^\.?\//, '').replace(/\/$/, '');
    const name = path.slice(path.lastIndexOf('/') + 1);
    const to =
      absolute.endsWith('/') || words.length > 2 || target === '.'
        ? `${absolute.replace(/\/\.?$/, '')}/${name}`
        : absolute;
    // the build context is the root more often than the Dockerfile's folder
    copied.set(to, base === '' ? [path] : [path, `${base}/${path}`]);
  }
}

/** The folder of the repository that the image's working directory is a copy of. */
function folderIn(
  reader: CommandReader,
  base: string,
  workingDirectory: string | undefined,
  copied: ReadonlyMap<string, readonly string[]>,
): string {
  const candidates =
    workingDirectory === undefined ? [] : (copied.get(workingDirectory.replace(/\/$/, '')) ?? []);
  for (const folder of candidates) {
    if (folder === '' || folder === '.') return '';
    for (const path of reader.sources.files) if (path.startsWith(`${folder}/`)) return folder;
  }
  return base;
}
