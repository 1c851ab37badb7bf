import { consoleScript } from './console-scripts.ts';
import { DeployedFiles } from './deployed-files.ts';
import { programName, stripLaunchers } from './launchers.ts';
import type { AbortOutcome, CoreLimit, Located, Note, StartCommand } from './project.ts';
import type { EvaluatedModule } from './readers/python/settings.ts';
import type { SourceFile } from './readers/text.ts';
import { embeddedServer } from './servers/embedded.ts';
import { serverNamed, SERVERS } from './servers/index.ts';
import { managedServer } from './servers/managed.ts';
import { ONE_SHOT_COMMANDS, readSettings } from './servers/runserver.ts';
import type { Server } from './servers/server.ts';
import { NEVER_SERVERS } from './shell-commands.ts';
import { MOST_DEPTH, ShellWalk, type State } from './shell-walk.ts';
import type { Sources } from './sources.ts';
import { pinnedVersion } from './versions.ts';

/** What every start command of a repository is read with. */
export interface CommandReader {
  sources: Sources;
  /** What a configuration file in Python sets. */
  evaluate(path: string): EvaluatedModule | undefined;
}

/** What a command line is read with. */
export interface StartContext {
  reader: CommandReader;
  environment: ReadonlyMap<string, Located<string>>;
  /** The folder of the repository that stands for the working directory, '' for its root. */
  folder: string;
  /** The working directory itself, where the supervisor sets one. */
  workingDirectory?: string;
  /** Files of the repository by the path that a Dockerfile copies them to. */
  copied?: ReadonlyMap<string, readonly string[]>;
}

/** One program that a command line starts, through scripts and launchers. */
export interface Started {
  command: Located<StartCommand>;
  user?: Located<string>;
  workingDirectory?: Located<string>;
  environment: ReadonlyMap<string, Located<string>>;
  settingsModule?: Located<string>;
  coreLimit?: CoreLimit;
  notes: readonly Note[];
}

/** Servers that are made for development. */
const FOR_DEVELOPERS = new Set(['runserver', 'flask run', 'quart run']);

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'busybox']);

/** Commands that are looked at for one start command, over all scripts. */
const MOST_COMMANDS = 2_000;

/** Is it a server, and none for developers? */
export function isForProduction({ command: { value } }: Started): boolean {
  const { server, options } = value;
  return server !== undefined && !FOR_DEVELOPERS.has(server) && !options.has('reload');
}

/** What the words of a command line start, in the order in which it is started; scripts of the repository are read. */
export function startedByWords(words: readonly Located<string>[], context: StartContext): Started[] {
  const walk = new Walk(context);
  const state = newState(context);
  walk.command(words, state);
  return walk.result();
}

/** What a piece of shell text in a file starts: the shell form of a Dockerfile's CMD, a Procfile's line, a run script. */
export function startedByShell(
  file: SourceFile,
  start: number,
  end: number,
  context: StartContext,
): Started[] {
  const walk = new Walk(context);
  const state = newState(context);
  walk.shell.text(
    file.text.slice(start, end),
    (from, to) => file.span(start + from, start + to),
    state,
    'line',
  );
  return walk.result();
}

/** What a value that is shell text starts (a Procfile's line, a string of a compose file). */
export function startedByText(text: Located<string>, context: StartContext): Started[] {
  const walk = new Walk(context);
  walk.shell.shellText(text, newState(context));
  return walk.result();
}

/** What a script of the repository starts when it is run with these arguments. */
export function startedByScript(
  file: SourceFile,
  context: StartContext,
  args: readonly Located<string>[] = [],
): Started[] {
  const walk = new Walk(context);
  walk.script(file, args, newState(context));
  return walk.result();
}

function newState(context: StartContext): State {
  return {
    folder: context.folder,
    variables: new Map([...context.environment].map(([name, { value }]) => [name, value])),
    environment: new Map(context.environment),
    args: [],
    launchers: [],
    behindShell: false,
    errexit: false,
    trapped: false,
    depth: 0,
  };
}

class Walk {
  readonly #context: StartContext;
  readonly #files: DeployedFiles;
  readonly #found: Started[] = [];
  readonly shell: ShellWalk;
  #commands = 0;

  constructor(context: StartContext) {
    this.#context = context;
    this.#files = new DeployedFiles(context);
    this.shell = new ShellWalk(this.#files, this.#found, (words, state) => this.command(words, state));
  }

  /** Development servers go where a production server was found as well (they stand in another branch of a script). */
  result(): Started[] {
    const known = this.#found.filter(({ command }) => command.value.server !== undefined);
    const production = known.filter(isForProduction);
    const wanted = production.length > 0 ? production : known.length > 0 ? known : this.#found.slice(-1);
    const seen = new Set<string>();
    return wanted.filter(({ command: { value } }) => {
      const key = JSON.stringify(value.argv);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  }

  command(all: readonly Located<string>[], state: State): void {
    if (state.depth > MOST_DEPTH || ++this.#commands > MOST_COMMANDS) return;
    const stripped = stripLaunchers(all);
    const inner: State = {
      ...state,
      depth: state.depth + 1,
      launchers: [...state.launchers, ...stripped.launchers.filter((name) => name !== 'exec')],
      behindShell: state.behindShell || stripped.stays,
      environment: new Map([...state.environment, ...stripped.environment]),
    };
    if (stripped.keepsSignals !== undefined) inner.keepsSignals = stripped.keepsSignals;
    if (stripped.statusOf !== undefined) inner.hiddenBy = stripped.statusOf;
    if (stripped.stays) inner.surelyStays = true;
    if (stripped.needsRoot !== undefined) inner.needsRoot = stripped.needsRoot;
    if (stripped.user !== undefined) inner.user = inner.startedAs = stripped.user;
    if (stripped.coreLimit !== undefined) inner.coreLimit = stripped.coreLimit;
    if (stripped.workingDirectory !== undefined) {
      inner.workingDirectory = stripped.workingDirectory;
      inner.folder = this.#files.folderOf(stripped.workingDirectory.value, state.folder);
    }
    if (stripped.script !== undefined) {
      this.shell.shellText(stripped.script, inner);
      return;
    }
    const [program, ...rest] = stripped.words;
    if (program === undefined) return;
    const name = programName(program.value);
    if (SHELLS.has(name)) this.#shellProgram(name, rest, inner);
    else if (name === 'eval') this.#evaluated(rest, inner);
    else if (/^(?:python|pypy)[\d.]*$/.test(name)) this.#python(program, rest, stripped.words, inner);
    else this.#program(program, rest, stripped.words, inner);
  }

  #program(
    program: Located<string>,
    rest: readonly Located<string>[],
    words: readonly Located<string>[],
    state: State,
  ): void {
    const name = programName(program.value);
    const server = serverNamed(name);
    if (server !== undefined) {
      this.#server(server, rest, words, state);
      return;
    }
    if (name === 'manage.py' || name === 'django-admin' || name === 'django-admin.py') {
      this.#manage(rest, words, state);
      return;
    }
    const file = this.#files.find(program.value, state.folder);
    const [next] = rest;
    const handsOn = next !== undefined && serverNamed(programName(next.value)) !== undefined;
    if (file !== undefined && isScript(file)) this.script(file, rest, state);
    // an entry script that is not in the tree ends in `exec "$@"` nearly always
    else if (file === undefined && handsOn) {
      this.command(rest, { ...state, launchers: [...state.launchers, name] });
    } else this.#installed(name, rest, words, state);
  }

  /** A command that a package of the repository installs; one of those of its subcommands that end by themselves is nobody's service. */
  #installed(
    name: string,
    rest: readonly Located<string>[],
    words: readonly Located<string>[],
    state: State,
  ): void {
    const found = consoleScript(this.#context.reader.sources, name);
    const file = found === undefined ? undefined : this.#context.reader.sources.read(found.path);
    const subcommand = rest.find(({ value }) => !value.startsWith('-'))?.value ?? '';
    if (found === undefined || file === undefined || ENDING_SUBCOMMANDS.test(subcommand)) {
      this.#unknown(words, state);
      return;
    }
    const { module, object } = found.script.value;
    this.#pythonFile(file, words, state, { module, object, file: found.path });
  }

  #shellProgram(name: string, rest: readonly Located<string>[], state: State): void {
    let index = name === 'busybox' ? 1 : 0;
    for (; index < rest.length; index++) {
      const word = rest[index];
      if (word === undefined || !/^[-+]/.test(word.value)) break;
      if (/^-\w*c\w*$/.test(word.value)) {
        const text = rest[index + 1];
        if (text !== undefined) {
          const options = rest.slice(0, index + 1).map(({ value }) => value);
          const inner = {
            ...state,
            args: rest.slice(index + 3),
            errexit: options.some((option) => /^-\w*e/.test(option)),
            launchers: [...state.launchers, `${name} -c`],
          };
          const interactive = options.some((option) => /^-\w*i/.test(option));
          this.shell.shellText(text, inner, interactive ? 'sh' : name);
        }
        return;
      }
      if (word.value === '-o' || word.value === '+o') index++;
    }
    const script = rest[index];
    const file = script === undefined ? undefined : this.#files.find(script.value, state.folder);
    if (file !== undefined) this.script(file, rest.slice(index + 1), state);
    else if (script !== undefined) this.#unknown(rest.slice(index), state);
  }

  #evaluated(rest: readonly Located<string>[], state: State): void {
    const [first] = rest;
    if (first === undefined) return;
    this.shell.text(rest.map(({ value }) => value).join(' '), () => first.at, state, 'line');
  }

  #python(
    program: Located<string>,
    rest: readonly Located<string>[],
    words: readonly Located<string>[],
    state: State,
  ): void {
    for (let index = 0; index < rest.length; index++) {
      const word = rest[index];
      if (word === undefined) break;
      if (word.value === '-m' || (word.value.startsWith('-m') && !word.value.startsWith('--'))) {
        const module = word.value === '-m' ? rest[++index] : { value: word.value.slice(2), at: word.at };
        const server = SERVERS.find(({ modules }) => modules.includes(module?.value ?? ''));
        const after = rest.slice(index + 1);
        if (server !== undefined) this.#server(server, after, words, state);
        else if (module?.value === 'django') this.#manage(after, words, state);
        else this.#module(module, after, words, state);
        return;
      }
      if (word.value === '-W' || word.value === '-X') {
        index++;
        continue;
      }
      if (word.value === '-c') break;
      if (word.value.startsWith('-') && word.value !== '-') continue;
      const name = programName(word.value);
      if (name === 'manage.py') {
        this.#manage(rest.slice(index + 1), words, state);
        return;
      }
      const server = serverNamed(name);
      const file = this.#files.find(word.value, state.folder);
      if (server !== undefined) this.#server(server, rest.slice(index + 1), words, state);
      else if (file !== undefined) this.#pythonFile(file, words, state);
      else this.#unknown(words, state);
      return;
    }
    this.#unknown(words, { ...state, launchers: [...state.launchers, programName(program.value)] });
  }

  #module(
    module: Located<string> | undefined,
    rest: readonly Located<string>[],
    words: readonly Located<string>[],
    state: State,
  ): void {
    const path = (module?.value ?? '').replaceAll('.', '/');
    const file =
      path === ''
        ? undefined
        : (this.#files.find(`${path}/__main__.py`, state.folder, true) ??
          this.#files.find(`${path}.py`, state.folder, true));
    if (file !== undefined) this.#pythonFile(file, words, state);
    else this.#unknown(words.length > 0 ? words : rest, state);
  }

  /** A program of the repository that starts its server by itself. */
  #pythonFile(
    file: SourceFile,
    words: readonly Located<string>[],
    state: State,
    entry?: NonNullable<StartCommand['entry']>,
  ): void {
    const embedded = embeddedServer(file);
    if (embedded === undefined) {
      if (entry === undefined) this.#unknown(words, state, file.path);
      else this.#add(words, state, { options: new Map(), program: file.path, entry });
      return;
    }
    this.#add(words, state, {
      ...(entry === undefined ? {} : { entry }),
      program: file.path,
      server: embedded.server,
      options: embedded.options,
      abort: embedded.abort,
      ...(embedded.application === undefined ? {} : { application: embedded.application }),
    });
  }

  #manage(rest: readonly Located<string>[], words: readonly Located<string>[], state: State): void {
    const index = rest.findIndex(({ value }) => !value.startsWith('-'));
    const command = rest[index];
    if (command !== undefined && ONE_SHOT_COMMANDS.has(command.value)) return;
    const settings = readSettings(rest);
    const managed = command === undefined ? undefined : managedServer(command, rest.slice(index + 1));
    if (managed !== undefined) {
      this.#server(managed.server, managed.words, words, state, settings);
      return;
    }
    this.#add(words, state, { options: new Map() }, settings);
  }

  #server(
    server: Server,
    rest: readonly Located<string>[],
    words: readonly Located<string>[],
    state: State,
    settings?: Located<string>,
  ): void {
    const reading = server.read(rest, {
      find: (path) => this.#files.find(path, state.folder),
      beside: (name) => this.#files.beside(name, state.folder, state.workingDirectory?.value),
      evaluate: (path) => this.#context.reader.evaluate(path),
      environment: state.environment,
    });
    if (reading.serves === false) return;
    const name = reading.server ?? server.name;
    // `gunicorn --version`, `celery inspect`, `flask db upgrade` serve nothing
    if (server.name === 'flask run' && reading.options.size === 0 && rest[0]?.value !== 'run') {
      if (!rest.some(({ value }) => value === 'run')) return;
    }
    if (reading.options.has('version') || reading.options.has('check-config')) return;
    if (
      server.name === 'rq' &&
      words.every(({ value }) => !/^(rqworker|rqworker-pool|worker|worker-pool)$|\/rqworker$/.test(value))
    )
      return;
    if (server.name === 'dramatiq' && reading.application === undefined) return;
    if (server.name === 'celery' && !rest.some(({ value }) => value === 'worker' || value === 'beat')) return;
    const inner: State = { ...state };
    if (reading.workingDirectory !== undefined) inner.workingDirectory = reading.workingDirectory;
    if (reading.user !== undefined) inner.user = reading.user;
    if (reading.keepsSignals !== undefined) inner.keepsSignals = reading.keepsSignals;
    // the only one whose version decides over what an abort does
    const version =
      name === 'uvicorn' ? pinnedVersion(this.#context.reader.sources, state.folder, name) : undefined;
    if (reading.environment !== undefined) {
      inner.environment = new Map([...state.environment, ...reading.environment]);
    }
    this.#add(
      words,
      inner,
      {
        server: name,
        options: reading.options,
        abort: asUser(server.abort(reading), state.user?.value),
        ...(version === undefined ? {} : { serverVersion: version }),
        ...(reading.files === undefined || reading.files.length === 0
          ? {}
          : { configurationFiles: reading.files }),
        ...(reading.application === undefined ? {} : { application: reading.application }),
      },
      reading.settingsModule ?? settings,
      reading.notes,
    );
  }

  #unknown(words: readonly Located<string>[], state: State, program?: string): void {
    const [first] = words;
    if (first === undefined || NEVER_SERVERS.has(first.value)) return;
    const note: Note = {
      code: 'start-command-unread',
      message: `what \`${words
        .slice(0, 3)
        .map(({ value }) => value)
        .join(' ')}\` starts was not found out`,
      at: first.at,
    };
    const facts = { options: new Map(), ...(program === undefined ? {} : { program }) };
    this.#add(words, state, facts, undefined, [note]);
  }

  #add(
    words: readonly Located<string>[],
    state: State,
    facts: Pick<
      StartCommand,
      | 'server'
      | 'serverVersion'
      | 'application'
      | 'entry'
      | 'program'
      | 'options'
      | 'abort'
      | 'configurationFiles'
    >,
    settings?: Located<string>,
    notes: readonly Note[] = [],
  ): void {
    const first = words[0];
    if (first === undefined) return;
    const last = words.at(-1) ?? first;
    const at =
      last.at.file === first.at.file && last.at.end >= first.at.start
        ? {
            ...first.at,
            endLine: last.at.endLine,
            endColumn: last.at.endColumn,
            end: last.at.end,
          }
        : first.at;
    const settingsModule = settings ?? state.environment.get('DJANGO_SETTINGS_MODULE');
    this.#found.push({
      command: {
        value: {
          argv: words.map(({ value }) => value),
          launchers: state.launchers,
          behindShell: state.behindShell,
          ...(state.alone === true ? { alone: true } : {}),
          ...(state.behindShell && state.surelyStays !== true ? { maybeInPlace: true } : {}),
          ...(state.needsRoot === undefined ? {} : { needsRoot: state.needsRoot }),
          ...(state.startedAs === undefined ? {} : { startedAs: state.startedAs }),
          ...(state.keepsSignals === undefined ? {} : { keepsSignals: state.keepsSignals }),
          ...(state.leftBehind === undefined ? {} : { leftBehind: state.leftBehind }),
          ...(state.hiddenBy === undefined ? {} : { hiddenBy: state.hiddenBy }),
          ...(state.removesCore === undefined ? {} : { removesCore: state.removesCore }),
          ...facts,
        },
        at,
      },
      environment: state.environment,
      notes,
      ...(state.user === undefined ? {} : { user: state.user }),
      ...(state.workingDirectory === undefined ? {} : { workingDirectory: state.workingDirectory }),
      ...(state.coreLimit === undefined ? {} : { coreLimit: state.coreLimit }),
      ...(settingsModule === undefined ? {} : { settingsModule }),
    });
  }

  script(file: SourceFile, args: readonly Located<string>[], state: State): void {
    if (state.depth > MOST_DEPTH || this.shell.isReading(file)) return;
    const shebang = /^#!.*/.exec(file.text)?.[0] ?? '';
    const errexit = /^#!.*\s-\w*e/.test(shebang);
    const inner: State = { ...state, depth: state.depth + 1, args, errexit };
    if (/python/.test(shebang) || file.path.endsWith('.py')) {
      const first = args[0]?.at ?? file.span(0, 0);
      if (file.path.endsWith('manage.py'))
        this.#manage(args, [{ value: file.path, at: first }, ...args], inner);
      else
        this.#pythonFile(
          file,
          [{ value: file.path, at: file.span(0, Math.min(2, file.text.length)) }, ...args],
          inner,
        );
      return;
    }
    this.shell.file(file, inner, /execlineb/.test(shebang) ? 'execline' : 'script');
  }
}

/** Subcommands of people's own programs that do one thing and end. */
const ENDING_SUBCOMMANDS =
  /^(?:(?:db|database|migrat\w*|init\w*|upgrade|create\w*|add|delete|remove|load\w*|import|export|dump|backup|restore|seed\w*|setup|install|config\w*|check|test\w*|lint|build|compile|shell|version|help|user\w*|wait\w*|reset|clean\w*|generate)(?:[-_:]\w+)*)$/;

/** Only root has anything to give away: started as another user, a server ignores its own `user` and can leave a core. */
export function asUser(abort: AbortOutcome, user: string | undefined): AbortOutcome {
  return abort.core === 'kernel-forbids' && user !== undefined && !/^(?:root|0)(?::|$)/.test(user)
    ? { ...abort, core: 'written' }
    : abort;
}

function isScript(file: SourceFile): boolean {
  return file.text.startsWith('#!') || /\.(?:sh|bash|py)$/.test(file.path);
}
