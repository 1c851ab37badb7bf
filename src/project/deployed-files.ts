import { programName } from './launchers.ts';
import type { SourceFile } from './readers/text.ts';
import type { Sources } from './sources.ts';
import type { StartContext } from './start-command.ts';

/** The files of the repository, by the paths that they have where the service runs. */
export class DeployedFiles {
  readonly #context: StartContext;

  constructor(context: StartContext) {
    this.#context = context;
  }

  /** A file of the repository, by its path in it. */
  read(path: string): SourceFile | undefined {
    return this.#context.reader.sources.read(path);
  }

  /** A file that a path of the running system can mean: relative to the folder, or the one whose path ends the same. */
  find(path: string, folder: string, isModule = false): SourceFile | undefined {
    const { copied } = this.#context;
    const { sources } = this.#context.reader;
    const clean = path.replace(/^(?:\.\/)+/, '');
    if (clean === '' || clean.includes('\0')) return undefined;
    for (const exact of copied?.get(path) ?? copied?.get(`/${clean}`) ?? []) {
      if (sources.files.has(exact)) return sources.read(exact);
    }
    if (!path.startsWith('/')) {
      const relative = normalised(folder === '' ? clean : `${folder}/${clean}`);
      if (sources.files.has(relative)) return sources.read(relative);
    }
    const parts = normalised(clean)
      .split('/')
      .filter((part) => part !== '');
    for (let from = 0; from < (isModule ? 1 : parts.length); from++) {
      const suffix = parts.slice(from).join('/');
      if (sources.files.has(suffix)) return sources.read(suffix);
      const matches = filesNamed(sources, parts.at(-1) ?? '').filter((file) => file.endsWith(`/${suffix}`));
      const [only] = matches;
      if (only !== undefined && matches.length === 1) return sources.read(only);
      if (matches.length > 1) return undefined;
    }
    return undefined;
  }

  /** A file of the working directory: sure where that is the root or has the name of the file's folder. */
  beside(name: string, folder: string, workingDirectory: string | undefined): SourceFile | undefined {
    const { sources } = this.#context.reader;
    const cwd = (workingDirectory ?? this.#context.workingDirectory ?? '').replace(/\/+$/, '');
    const last = cwd.slice(cwd.lastIndexOf('/') + 1);
    const inFolder = folder === '' ? name : `${folder}/${name}`;
    const named = filesNamed(sources, name).filter(
      (path) => last !== '' && `/${path}`.endsWith(`/${last}/${name}`),
    );
    const path = [...(named.length === 1 ? named : []), inFolder, name].find((candidate) =>
      sources.files.has(candidate),
    );
    return path === undefined ? undefined : sources.read(path);
  }

  /** The folder of the repository that an absolute or relative path of the running system stands for. */
  folderOf(path: string, folder: string): string {
    if (!path.startsWith('/')) return normalised(folder === '' ? path : `${folder}/${path}`);
    const { sources } = this.#context.reader;
    const parts = path.split('/').filter((part) => part !== '');
    for (let from = 0; from < parts.length; from++) {
      const suffix = parts.slice(from).join('/');
      for (const file of sources.files) if (file.startsWith(`${suffix}/`)) return suffix;
    }
    return '';
  }
}

const named = new WeakMap<Sources, Map<string, string[]>>();

function filesNamed(sources: Sources, name: string): readonly string[] {
  let names = named.get(sources);
  if (names === undefined) {
    names = new Map();
    for (const file of sources.files) {
      const base = programName(file);
      const list = names.get(base);
      if (list === undefined) names.set(base, [file]);
      else list.push(file);
    }
    named.set(sources, names);
  }
  return names.get(name) ?? [];
}

/** A relative path without `.` and `..`; what leaves the root stays at it. */
function normalised(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
