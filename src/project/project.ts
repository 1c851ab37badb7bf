/**
 * What a repository is, as plain data with a position for every fact. Readers and
 * recognisers under `src/project` build it; rules, edits and crash tests only read it.
 */

/** A place in a file of the repository. */
export interface Span {
  /** Path from the repository's root, with `/`. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  endLine: number;
  /** The column after the last one. */
  endColumn: number;
  /** Offset of the first and after the last UTF-16 code unit in the decoded text (see readers/text.ts). */
  start: number;
  end: number;
}

/** A value that stands in a file. */
export interface Located<T> {
  value: T;
  at: Span;
}

/** Something that could not be read or known, said instead of guessed. */
export interface Note {
  code: string;
  message: string;
  at?: Span;
}

export interface Project {
  /** Absolute path. */
  root: string;
  /** Every file that git tracks or does not ignore (without git: every file), from the root, with `/`, sorted. */
  files: readonly string[];
  /** Folders of `files`, likewise. */
  folders: ReadonlySet<string>;
  git: boolean;
  applications: readonly Application[];
  services: readonly Service[];
  /** What crontabs and Kubernetes' CronJobs start. */
  scheduledCommands: readonly ScheduledCommand[];
  /** What answers the exceptions of the applications itself. */
  blindSpots: readonly BlindSpot[];
  /** Hand-written Python that matters when a process aborts. */
  abortCode: readonly AbortCode[];
  /** Where Celery is told to give a task whose process died back to the queue. */
  redeliveredTasks: readonly Span[];
  /** Does anything in the repository speak sd_notify(3)? Looked at only where a unit waits for that. */
  notifiesSystemd: boolean;
  /** Commands of scripts and Dockerfiles that give a Python interpreter file capabilities (setcap(8)). */
  fileCapabilities: readonly Located<string>[];
  /** What scripts, images and definitions of services give to a user. */
  givenFolders: readonly GivenFolder[];
  /** The lowest Python version that the project says it runs on, e.g. `3.11`. */
  python?: Located<string>;
  notes: readonly Note[];
}

/** A folder that belongs to a user, because something in the repository says so. */
export interface GivenFolder {
  /** Absolute, without a `/` at its end. */
  path: string;
  user: string;
  /** All that is in it as well (`chown -R`). */
  below: boolean;
}

/** A call in hand-written Python that aborts, or decides what an abort leaves. */
export interface AbortCode {
  /**
   * `signal`: sends SIGABRT instead of aborting. `process-exception`: in Django's hook, which sees handled exceptions too.
   * `core-limit`: sets the core limit to 0. `not-dumpable`: tells the kernel to write no core of this process.
   */
  kind: 'signal' | 'process-exception' | 'core-limit' | 'not-dumpable';
  /** What is called, e.g. `os.kill`. */
  call: string;
  at: Span;
  /** The hook names Http404, so it may leave the handled ones out. */
  guarded?: boolean;
}

/** One deployable program of the repository: a Django project, a Flask app … */
export interface Application {
  /**
   * `django`; or one of `FRAMEWORKS`, e.g. `flask`: no settings, and an entry point that is watched in place; or `wsgi`
   * or `asgi`: callables of no framework, that are wrapped as Django's are; or `script`: programs that serve nothing.
   */
  framework: string;
  frameworkVersion?: Located<string>;
  /** Dotted name of the package that the generated module goes into, e.g. `shop`; '' for the import root itself. */
  packageName: string;
  /** Folder of that package, from the root; '' for the root itself. */
  packageFolder: string;
  /** Folder that Python imports from (where manage.py is), from the root; '' for the root itself. */
  importRoot: string;
  settings: readonly SettingsModule[];
  entryPoints: readonly EntryPoint[];
  /** The file of PasteDeploy, from the root, that names the factory of the first entry point and gives it its arguments. */
  pasteFile?: string;
  generated?: GeneratedModule;
}

export interface SettingsModule {
  /** Dotted name, e.g. `shop.settings.production`. */
  module: string;
  file: string;
  role: 'production' | 'base' | 'development' | 'test' | 'unknown';
  /** The class of the module that holds the settings (django-configurations and the like), e.g. `Production`. */
  className?: string;
  /** Where this module is named as the one to run with (wsgi.py, manage.py, a unit …). */
  namedBy: readonly Located<string>[];
  /** MIDDLEWARE as it is after the module has run; absent where it has none. */
  middleware?: EffectiveList;
  /** Top-level names with a value that could be found out, by name. */
  values: ReadonlyMap<string, Located<StaticValue>>;
  notes: readonly Note[];
}

/** What the evaluator knows of a Python value without running anything. */
export type StaticValue =
  | { kind: 'none' }
  | { kind: 'bool'; value: boolean }
  | { kind: 'number'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'sequence'; type: 'list' | 'tuple' | 'set'; elements: readonly ListElement[] }
  | { kind: 'mapping'; entries: readonly { key: StaticValue; value: StaticValue; at?: Span }[] }
  /** From the environment or another run-time source; `fallback` is what it is when nothing is set. */
  | { kind: 'environment'; name: string; fallback?: StaticValue }
  /** Which one it is depends on conditions (Python source, all of them together) that only the running program knows. */
  | {
      kind: 'either';
      alternatives: readonly {
        conditions: readonly string[];
        byDefault: boolean | 'unknown';
        value: StaticValue;
      }[];
    }
  | { kind: 'unknown'; reason: string };

/** An element of a list, with the statement that put it there. */
export interface ListElement {
  value: StaticValue;
  at: Span;
  /** Python source of the conditions under which it is there; empty where it always is. */
  conditions: readonly string[];
  /** Is it there when no environment variable is set and every constant is as written? */
  byDefault: boolean | 'unknown';
  /** `value` stands for any number of elements, of which none is known. */
  spread?: true;
}

export interface EffectiveList {
  type: 'list' | 'tuple' | 'unknown';
  elements: readonly ListElement[];
  /** False where something may still be added or removed that could not be followed. */
  complete: boolean;
  /** Why not. */
  notes: readonly Note[];
  /**
   * The literal whose first element a new first entry has to precede to come out first; absent where there is no
   * such place that can be edited safely, and then `notes` says why.
   */
  firstPlace?: FirstPlace;
}

export interface FirstPlace {
  /** The list or tuple display, brackets included. */
  literal: Span;
  /** The first element inside it; absent where the display is empty. */
  firstElement?: Span;
  /** False where another entry still comes before it in the effective list; `reason` names it. */
  effective: boolean;
  reason?: string;
}

export interface EntryPoint {
  /**
   * `http`: an application that serves HTTP by itself, neither by WSGI nor by ASGI (aiohttp, Tornado). `worker`: what
   * a process of background work starts with, such as a Celery application.
   */
  kind: 'wsgi' | 'asgi' | 'http' | 'worker' | 'manage' | 'script';
  file: string;
  /** Dotted module, e.g. `shop.wsgi`. */
  module: string;
  /** What servers import: a name, e.g. `application`, or the call of a factory, e.g. `create_app()`. */
  object?: string;
  /** The assignment of that object at module level, and its right-hand side. */
  assignment?: { statement: Span; value: Span; source: string };
  /** Instead of an assignment: the function or class that is the object, decorators included. */
  definition?: Span;
  /** Default of DJANGO_SETTINGS_MODULE that it sets. */
  settingsModule?: Located<string>;
  /** For an object that is watched in place instead of being replaced by a wrapper: what is not Django. */
  inPlace?: InPlace;
  /** For what only an option on a start command switches on; nothing is edited there. */
  commandOption?: CommandOption;
  /** Where the file runs `inPlace.call` on the object or has `commandOption`, or `wrap_wsgi` / `wrap_asgi` of the generated module on the object; in manage.py: `install()`. */
  wrapped?: Span;
  /** Of manage.py: the only commands that `wrapped` is for; absent where it is for every one. */
  commands?: readonly string[];
  /** Of a script: the function that an installed command calls, '' for an object; `if __name__ == '__main__'` is not run by that. */
  calls?: string;
  /** Why the file cannot be edited safely. */
  unreadable?: string;
  /** What a person does where a wrapper would not help. */
  byHand?: string;
}

/** An option of a start command that takes the name of a function of the generated module, e.g. `rq worker --exception-handler`. */
export interface CommandOption {
  option: string;
  /** Of a management command, which has no such option: the setting of Django that takes a list of them. */
  setting?: string;
  /** The function that is named, e.g. `abort_on_rq_failure`. */
  names: string;
  /** The function whose template has it, e.g. `watch_rq`. */
  call: string;
  command: Span;
}

/** How an object is watched in place: by a statement `call(target)`, or by `call(…)` around the expression that makes it. */
export interface InPlace {
  /** Function of the generated module, e.g. `watch_flask`. */
  call: string;
  /** The object's name where the statement stands, e.g. `app`. */
  target: string;
  /** The assignment, or the `return` of the factory, or the expression. */
  statement: Span;
  /** The function that makes the object, e.g. `create_app`; absent where it is assigned at module level. */
  factory?: string;
  /** Where the call goes, seen from `statement`; if it is not said, before it in a factory, else after it. */
  where?: 'before' | 'after' | 'around';
}

/** Our `abort_on_exception.py` as it stands in the repository. */
export interface GeneratedModule {
  file: string;
  /** Version in its header, if the header is still there. */
  version?: string;
  /** `modified`: its text no longer has the hash that its header states. */
  state: 'current' | 'outdated' | 'modified' | 'unrecognised';
}

/** One way in which the application is started in production. */
export interface Service {
  /** e.g. `shop.service`. */
  name: string;
  supervisor: string;
  /** The file that defines it. */
  file: string;
  /** Where the start command stands. */
  command?: Located<StartCommand>;
  user?: Located<string>;
  workingDirectory?: Located<string>;
  environment: ReadonlyMap<string, Located<string>>;
  settingsModule?: Located<string>;
  restart: RestartPolicy;
  /** What a stop does, where the supervisor signals processes; absent where it ends all of a cgroup or container. */
  stop?: StopPolicy;
  coreLimit: CoreLimit;
  /** What a container can write to; absent where nothing says how it is run. */
  containerFiles?: ContainerFiles;
  /** Every key of a systemd unit and its drop-ins, in effective order; for the rules on units. */
  unit?: SystemdUnit;
  notes: readonly Note[];
}

/** A command that is started at set times and ends by itself. */
export type ScheduledCommand = Pick<Service, 'file'> & { command: Located<StartCommand> };

/** Something that no hook sees into. */
export interface BlindSpot {
  /** How people write it. */
  name: string;
  /** What it does with an exception. */
  does: string;
  /** Where `handle(error)` of the generated module goes. */
  where: string;
  /** A file of the repository that uses it calls `handle`. */
  handled: boolean;
  /** What `verify` can crash of it; absent where there is nothing to send a request to. */
  endpoint?: 'graphql' | 'rest' | 'ninja';
  at: Span;
}

/** The file system of a container. What is in no mount is the image's own, which lasts as long as the container. */
export interface ContainerFiles {
  mounts: readonly ContainerMount[];
  /** False where a template or a variable decides over a path. */
  complete: boolean;
  /** The key that makes the image's own files read-only. */
  readOnlyRoot?: Span;
  /** Bytes that the container may have (Kubernetes, `resources.limits`). */
  memoryLimit?: Located<number>;
  storageLimit?: Located<number>;
}

export interface ContainerMount {
  /** Absolute, without a `/` at its end. */
  path: string;
  /** `container`: it is empty after a restart (tmpfs). */
  lasts: 'container' | 'always';
  readOnly: boolean;
  /** Everybody can write to it (emptyDir: the kubelet gives it mode 0777). */
  everybody?: true;
  /** Bytes that fit (emptyDir, `sizeLimit`). */
  size?: Located<number>;
  /** What says that its files are memory of the container (emptyDir, `medium: Memory`). */
  inMemory?: Span;
  at: Span;
}

export interface StartCommand {
  /** The words after launchers (`env`, `exec`, `poetry run` …) are taken off. */
  argv: readonly string[];
  /** The launchers that were taken off, e.g. `['sh -c', 'poetry run']`. */
  launchers: readonly string[];
  /** Does a shell stay between the supervisor and the server (`sh -c` without `exec`)? */
  behindShell: boolean;
  /** Has a shell put it in the background and stayed with another program? Then nobody sees its end. */
  alone?: true;
  /** What stays in between and keeps a stop signal to itself, e.g. `sh`; absent where nothing does. */
  keepsSignals?: string;
  /** What its script deletes the core in the working directory with, before it is started. */
  removesCore?: Span;
  /** It is put into the background, and nothing that started it waits for it. */
  leftBehind?: true;
  /** Nothing but `sh -c` stands in front of it, which some shells replace by it (bash, busybox), and others not (dash). */
  maybeInPlace?: true;
  /** Behind the server the script ends its own shell by a signal, e.g. `kill $$`, that systemd takes for a success. */
  endsItself?: string;
  /** The launcher in front of it that ends with an error for whoever is not root. */
  needsRoot?: Located<string>;
  /** The user whom a launcher in front of it changes to (`chpst -u`, `su`). */
  startedAs?: Located<string>;
  /** What follows it in a shell's script and decides that shell's exit status, which is 0 after an abort too. */
  hiddenBy?: string;
  server?: string;
  /** The server's version, where the repository pins it. */
  serverVersion?: Located<string>;
  /** What the server imports, e.g. `shop.wsgi:application`. */
  application?: string;
  /** Of a command that the repository itself installs (`console_scripts`): what that calls, and where it is defined. */
  entry?: { module: string; object: string; file: string };
  /** The Python file of the repository that it runs, from the root. */
  program?: string;
  /** The server's options by their long name, e.g. `timeout` → `60`, configuration file included. */
  options: ReadonlyMap<string, Located<string>>;
  /** Files of the repository, from the root, that options were read from. */
  configurationFiles?: readonly string[];
  /** What `os.abort()` in a request does under this server with these options, before any supervisor acts. */
  abort?: AbortOutcome;
}

/** What an abort in one request means for the processes of a server. */
export interface AbortOutcome {
  /** `kernel-forbids`: the worker gave up root without exec, so it is not dumpable (prctl(2), PR_SET_DUMPABLE). */
  core: 'written' | 'kernel-forbids' | 'needs-directive' | 'unknown';
  /** Who brings back what died: the server's own master, the supervisor, or nobody (the port may stay open). */
  respawnedBy: 'server' | 'supervisor' | 'nobody' | 'unknown';
  /** How the process that the supervisor started ends: by the signal, with an exit code, or not at all. */
  supervisorSees: 'SIGABRT' | 'nothing' | 'unknown' | number;
  /** What dies with the request that aborts. */
  lost: 'request' | 'worker' | 'server';
  detail: string;
}

export interface RestartPolicy {
  /** Does the supervisor start it again after SIGABRT? */
  afterAbort: boolean | 'unknown';
  /** The key that says so; absent where it is the supervisor's default. */
  at?: Span;
  /** Where the service stands that has no such key. */
  place?: Span;
  detail: string;
  /** After how many ends it is left down; absent where it never is, or where nothing says so. */
  givesUp?: {
    ends: number;
    /** Only ends within so many seconds of the start count, and in a row; absent where each one counts. */
    withinSeconds?: number;
    at: Span;
  };
  /** What keeps it from being started before somebody does it by hand. */
  byHand?: Located<string>;
  /** After how many crashes it is not started any more; for supervisors other than systemd. */
  leavesDown?: { detail: string; at?: Span };
}

export interface StopPolicy {
  /** Does the signal reach the started process only, or what that has started as well? */
  reaches: 'process' | 'group';
  /** The signal, where a file says another one than TERM. */
  signal?: Located<string>;
}

export interface CoreLimit {
  soft: 'unlimited' | 'unknown' | number;
  /** Up to where the process itself can lift it, where that is said as well. */
  hard?: 'unlimited' | number;
  at?: Span;
  detail: string;
  /** What is to set it does not take the value and ends: nothing is started. */
  refused?: true;
  /** What to write in place of what is refused, where that is not the same for every value. */
  instead?: string;
}

export interface SystemdUnit {
  /** The unit's file and the drop-ins that were applied, from the root. */
  files: readonly string[];
  /** `at` is the value's place. In order of effect: a later entry of a single-valued key wins; list keys were reset where an empty value says so. */
  entries: readonly { section: string; key: string; keyAt: Span; value: string; at: Span }[];
  /** It does its work and ends, so that nothing has to bring it back. */
  endsByItself: boolean;
}
