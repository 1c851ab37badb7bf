import type { Insertion } from '../edit/insertion.ts';
import type { Application, Note, Project } from '../project/project.ts';
import type { Part } from '../project/module-parts.ts';
import type { SourceFile } from '../project/readers/text.ts';

/** The parts that init sets up; `--only` takes these names. */
export const KINDS = [
  'library',
  'settings',
  'entry-points',
  'manage',
  'units',
  'gunicorn',
  'uwsgi',
  'ci',
  'tests',
  'gitignore',
  'docs',
] as const;
export type Kind = (typeof KINDS)[number];

export function isKind(word: string): word is Kind {
  return (KINDS as readonly string[]).includes(word);
}

/** Where `pycrash check` can be run without anybody's doing; `--ci` takes these names. */
export const WORKFLOWS = ['github', 'gitlab', 'pre-commit', 'tox', 'nox'] as const;
export type Workflow = (typeof WORKFLOWS)[number];

export function isWorkflow(word: string): word is Workflow {
  return (WORKFLOWS as readonly string[]).includes(word);
}

/** What a part of init looks at. */
export interface Situation {
  project: Project;
  application: Application;
  /** `--settings`: the one settings module to wire. */
  settings?: string;
  /** `--dumpable`: a server that gives root away itself is to leave cores all the same. */
  dumpable: boolean;
  /** `--supervisor`. */
  supervisor?: string;
  /** `--with`: parts of the generated module that nothing in the repository asks for. */
  parts?: readonly Part[];
  /** `--ci`: where `pycrash check` is to run. */
  workflows?: ReadonlySet<Workflow>;
  /** `--systemd-version`: the systemd that the units are for. */
  systemdVersion: number;
  /** Files that an earlier run made. */
  ours: ReadonlySet<string>;
  /** The file as it is in the tree; undefined where there is none. */
  read(path: string): SourceFile | undefined;
  /** The same without what earlier runs put in; undefined where not all of that is found. */
  readWithoutOurs(path: string): SourceFile | undefined;
}

/** What a part of init wants of one file. */
export type Wish =
  /** A file that is ours alone. `others`: what it means that somebody else's file has the name. */
  | { kind: Kind; path: string; text: string; others: 'leave' | 'refuse' }
  /** Text put into a file that is not ours; `instead`: of what earlier runs put in, and its places are those without it. */
  | { kind: Kind; path: string; insertions: readonly Insertion[]; instead?: true }
  /** The file is as it should be. */
  | { kind: Kind; path: string; good: true };

export interface Wiring {
  wishes: Wish[];
  notes: Note[];
  /**
   * What a person has to do because it cannot be done safely here. Whether that stops everything is up to the plan:
   * the settings can do without the entry points, and the other way round.
   */
  impossible: { path: string; reason: string }[];
}

/** Dotted name of the generated module. */
export function moduleName(application: Application): string {
  return application.packageName === '' ? MODULE : `${application.packageName}.${MODULE}`;
}

export const MODULE = 'abort_on_exception';
export const MIDDLEWARE_CLASS = 'AbortOnUncaughtExceptionMiddleware';

/** `folder/name`, where the root is ''. */
export function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
