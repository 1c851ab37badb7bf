import { consoleScript } from './console-scripts.ts';
import { programName, stripLaunchers } from './launchers.ts';
import type { AbortOutcome, CoreLimit, Located, Note, Span, StartCommand } from './project.ts';
import {
  expandWord,
  readShell,
  type CaseBranch,
  type ShellCommand,
  type ShellWord,
} from './readers/shell.ts';
import { maskTemplate, unmasked } from './readers/template.ts';
import type { EvaluatedModule } from './readers/python/settings.ts';
import type { SourceFile } from './readers/text.ts';
import { rqWorker } from './servers/rq.ts';
import { embeddedServer } from './servers/embedded.ts';
import { SERVERS } from './servers/index.ts';
import { DEVELOPMENT_COMMANDS, ONE_SHOT_COMMANDS, readSettings, runserver } from './servers/runserver.ts';
import type { Server } from './servers/server.ts';
import { hiddenStatus } from './shell-status.ts';
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

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'busybox']);

/** Scripts that start scripts; nobody goes deeper. */
const MOST_DEPTH = 8;
/** Commands that are looked at for one start command, over all scripts. */
const MOST_COMMANDS = 2_000;

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
  walk.text(file.text.slice(start, end), (from, to) => file.span(start + from, start + to), state, 'line');
  return walk.result();
}

/** What a value that is shell text starts (a Procfile's line, a string of a compose file). */
export function startedByText(text: Located<string>, context: StartContext): Started[] {
  const walk = new Walk(context);
  walk.shellText(text, newState(context));
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

interface State {
  folder: string;
  variables: Map<string, string>;
  environment: Map<string, Located<string>>;
  args: readonly Located<string>[];
  launchers: readonly string[];
  behindShell: boolean;
  keepsSignals?: string;
  leftBehind?: true;
  /** The shell was started with -e. */
  errexit: boolean;
  hiddenBy?: string;
  removesCore?: Span;
  /** The script has a `trap`: what reaches the server is its business. */
  trapped: boolean;
  depth: number;
  user?: Located<string>;
  /** The user of a launcher, which a server's own option does not change. */
  startedAs?: Located<string>;
  workingDirectory?: Located<string>;
  coreLimit?: CoreLimit;
  /** A shell has put it in the background, and goes on with something else. */
  alone?: boolean;
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
  readonly #found: Started[] = [];
  readonly #reading = new Set<string>();
  #commands = 0;

  constructor(context: StartContext) {
    this.#context = context;
  }

  /** Development servers go where a production server was found as well (they stand in another branch of a script). */
  result(): Started[] {
    const known = this.#found.filter(({ command }) => command.value.server !== undefined);
    const production = known.filter(
      ({ command: { value } }) =>
        value.server !== 'runserver' && value.server !== 'flask run' && !value.options.has('reload'),
    );
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
    if (stripped.user !== undefined) inner.user = inner.startedAs = stripped.user;
    if (stripped.coreLimit !== undefined) inner.coreLimit = stripped.coreLimit;
    if (stripped.workingDirectory !== undefined) {
      inner.workingDirectory = stripped.workingDirectory;
      inner.folder = this.#folderOf(stripped.workingDirectory.value, state.folder);
    }
    if (stripped.script !== undefined) {
      this.shellText(stripped.script, inner);
      return;
    }
    const [program, ...rest] = stripped.words;
    if (program === undefined) return;
    const name = programName(program.value);
    if (SHELLS.has(name)) this.#shell(name, rest, inner);
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
    const server = SERVERS.find(({ programs }) => programs.includes(name));
    if (server !== undefined) {
      this.#server(server, rest, words, state);
      return;
    }
    if (name === 'manage.py' || name === 'django-admin' || name === 'django-admin.py') {
      this.#manage(rest, words, state);
      return;
    }
    const file = this.find(program.value, state.folder);
    const [next] = rest;
    const handsOn =
      next !== undefined && SERVERS.some(({ programs }) => programs.includes(programName(next.value)));
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

  #shell(name: string, rest: readonly Located<string>[], state: State): void {
    let index = name === 'busybox' ? 1 : 0;
    for (; index < rest.length; index++) {
      const word = rest[index];
      if (word === undefined || !/^[-+]/.test(word.value)) break;
      if (/^-\w*c\w*$/.test(word.value)) {
        const text = rest[index + 1];
        if (text !== undefined) {
          this.shellText(text, {
            ...state,
            args: rest.slice(index + 3),
            errexit: rest.slice(0, index + 1).some(({ value }) => /^-\w*e/.test(value)),
            launchers: [...state.launchers, `${name} -c`],
          });
        }
        return;
      }
      if (word.value === '-o' || word.value === '+o') index++;
    }
    const script = rest[index];
    const file = script === undefined ? undefined : this.find(script.value, state.folder);
    if (file !== undefined) this.script(file, rest.slice(index + 1), state);
    else if (script !== undefined) this.#unknown(rest.slice(index), state);
  }

  #evaluated(rest: readonly Located<string>[], state: State): void {
    const [first] = rest;
    if (first === undefined) return;
    this.text(rest.map(({ value }) => value).join(' '), () => first.at, state, 'line');
  }

  /** Shell text that is a value of something else; its words have their places where it stands there verbatim. */
  shellText(text: Located<string>, state: State): void {
    const file = this.#context.reader.sources.read(text.at.file);
    const offset = file?.text.slice(text.at.start, text.at.end).indexOf(text.value) ?? -1;
    const place =
      file === undefined || offset === -1
        ? () => text.at
        : (from: number, to: number) => file.span(text.at.start + offset + from, text.at.start + offset + to);
    this.text(text.value, place, state, 'line');
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
      const server = SERVERS.find(({ programs }) => programs.includes(name));
      const file = this.find(word.value, state.folder);
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
        : (this.find(`${path}/__main__.py`, state.folder) ?? this.find(`${path}.py`, state.folder));
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
      if (entry === undefined) this.#unknown(words, state);
      else this.#add(words, state, { options: new Map(), entry });
      return;
    }
    this.#add(words, state, {
      ...(entry === undefined ? {} : { entry }),
      server: embedded.server,
      options: embedded.options,
      abort: embedded.abort,
      ...(embedded.application === undefined ? {} : { application: embedded.application }),
    });
  }

  #manage(rest: readonly Located<string>[], words: readonly Located<string>[], state: State): void {
    const index = rest.findIndex(({ value }) => !value.startsWith('-'));
    const command = rest[index];
    if (command !== undefined && DEVELOPMENT_COMMANDS.has(command.value)) {
      this.#server(runserver, rest.slice(index + 1), words, state);
      return;
    }
    if (command !== undefined && ONE_SHOT_COMMANDS.has(command.value)) return;
    if (command !== undefined && /^rqworker(-pool)?$/.test(command.value)) {
      this.#server(rqWorker, rest.slice(index + 1), words, state);
      return;
    }
    const settings = readSettings(rest);
    this.#add(words, state, { options: new Map() }, settings);
  }

  #server(
    server: Server,
    rest: readonly Located<string>[],
    words: readonly Located<string>[],
    state: State,
  ): void {
    const reading = server.read(rest, {
      find: (path) => this.find(path, state.folder),
      beside: (name) => this.#beside(name, state),
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
      reading.settingsModule,
      reading.notes,
    );
  }

  #unknown(words: readonly Located<string>[], state: State): void {
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
    this.#add(words, state, { options: new Map() }, undefined, [note]);
  }

  #add(
    words: readonly Located<string>[],
    state: State,
    facts: Pick<
      StartCommand,
      'server' | 'serverVersion' | 'application' | 'entry' | 'options' | 'abort' | 'configurationFiles'
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

  /** A file that a path of the running system can mean: relative to the folder, or the one whose path ends the same. */
  find(path: string, folder: string): SourceFile | undefined {
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
    for (let from = 0; from < parts.length; from++) {
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
  #beside(name: string, state: State): SourceFile | undefined {
    const { sources } = this.#context.reader;
    const cwd = state.workingDirectory?.value.replace(/\/+$/, '') ?? this.#context.workingDirectory ?? '';
    const last = cwd.slice(cwd.lastIndexOf('/') + 1);
    const inFolder = state.folder === '' ? name : `${state.folder}/${name}`;
    const named = filesNamed(sources, name).filter(
      (path) => last !== '' && `/${path}`.endsWith(`/${last}/${name}`),
    );
    const path = [...(named.length === 1 ? named : []), inFolder, name].find((candidate) =>
      sources.files.has(candidate),
    );
    return path === undefined ? undefined : sources.read(path);
  }

  #folderOf(path: string, folder: string): string {
    if (!path.startsWith('/')) return normalised(folder === '' ? path : `${folder}/${path}`);
    const { sources } = this.#context.reader;
    const parts = path.split('/').filter((part) => part !== '');
    for (let from = 0; from < parts.length; from++) {
      const suffix = parts.slice(from).join('/');
      for (const file of sources.files) if (file.startsWith(`${suffix}/`)) return suffix;
    }
    return '';
  }

  script(file: SourceFile, args: readonly Located<string>[], state: State): void {
    if (state.depth > MOST_DEPTH || this.#reading.has(file.path)) return;
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
    this.#reading.add(file.path);
    const style = /execlineb/.test(shebang) ? 'execline' : 'script';
    this.text(file.text, (start, end) => file.span(start, end), inner, style);
    this.#reading.delete(file.path);
  }

  /**
   * `line` is one command line (of `sh -c`, a Procfile …), `script` a file; in execline the whole file is one
   * command line that each program hands on by exec.
   */
  text(
    text: string,
    place: (start: number, end: number) => Span,
    outer: State,
    style: 'line' | 'script' | 'execline',
  ): void {
    const commands = readShell(maskTemplate(text).text);
    if (style === 'execline') {
      const words = commands.flatMap((command) => this.#words(command.words, place, outer, text));
      this.#execline(words, outer);
      return;
    }
    const state: State = {
      ...outer,
      variables: new Map([
        ...outer.variables,
        ...[...outer.environment].map(([name, { value }]): [string, string] => [name, value]),
      ]),
    };
    const functions = new Set(
      commands.flatMap(({ inFunction }) => (inFunction === undefined ? [] : [inFunction])),
    );
    const before = this.#found.length;
    let all = false;
    let taken = false;
    // what a `case` tests is looked at when it is reached: `shift` in a branch changes "$1" for what follows
    const tested = new Map<ShellWord, string | undefined>();
    const isTaken = (branch: CaseBranch) => {
      if (!tested.has(branch.word)) tested.set(branch.word, this.#tested(branch.word, place, state, text));
      const value = tested.get(branch.word);
      if (value === undefined) return true;
      const matches = (pattern: ShellWord) => globMatches(expandWord(pattern, state.variables).value, value);
      return branch.patterns.some(matches) && !branch.earlier.some(matches);
    };
    const run = (wanted: string | undefined, depth: number) => {
      for (const [index, command] of commands.entries()) {
        if (command.inFunction !== wanted) continue;
        const [first] = command.words;
        const name = first === undefined ? '' : expandWord(first, state.variables).value;
        if (!all && !command.branches.every((branch) => isTaken(branch))) continue;
        taken ||= command.branches.length > 0 || functions.has(name);
        if (functions.has(name) && depth < 5) run(name, depth + 1);
        else {
          const alone = isLeftAlone(command, commands, text);
          this.#step(command, commands.slice(index + 1), place, state, text, alone);
        }
      }
    };
    run(undefined, 0);
    // branches and functions that only the running script chooses among
    const nothing = () =>
      this.#found.slice(before).every(({ command }) => command.value.server === undefined);
    if (nothing() && !taken && commands.some(({ branches }) => branches.length > 0)) {
      all = true;
      run(undefined, 0);
    }
    if (nothing() && !taken) for (const name of functions) run(name, 4);
    for (const { command } of this.#found.slice(before)) {
      const { value } = command;
      const isSeen = value.behindShell && value.leftBehind !== true;
      const hiddenBy = isSeen ? hiddenStatus(text, value.argv, outer.errexit) : undefined;
      if (hiddenBy !== undefined) command.value = { hiddenBy, ...value };
    }
    outer.variables = state.variables;
    outer.environment = state.environment;
  }

  /** execlineb(1): each program hands on by exec; what stands in a block is started by the program before it. */
  #execline(all: readonly Located<string>[], state: State): void {
    let words = all;
    for (;;) {
      const open = words.findIndex(({ value }) => value === '{');
      if (open < 1) break;
      let depth = 0;
      const close = words.findIndex(({ value }, index) => {
        if (value === '{') depth++;
        return index >= open && value === '}' && --depth === 0;
      });
      if (close === -1) break;
      const block = words.slice(open + 1, close);
      if (!NEVER_SERVERS.has(block[0]?.value ?? '')) {
        this.#execline(block, { ...state, behindShell: true, keepsSignals: words[open - 1]?.value ?? '' });
      }
      words = [...words.slice(0, open - 1), ...words.slice(close + 1)];
    }
    if (!NEVER_SERVERS.has(words[0]?.value ?? '')) this.command(words, state);
  }

  #step(
    command: ShellCommand,
    following: readonly ShellCommand[],
    place: (start: number, end: number) => Span,
    state: State,
    text: string,
    alone: boolean,
  ): void {
    const environment = new Map(state.environment);
    for (const { name, value } of command.assignments) {
      const expanded = expandWord(value, state.variables);
      if (expanded.known) environment.set(name, { value: expanded.value, at: place(value.start, value.end) });
    }
    const words = this.#words(command.words, place, state, text);
    const [first, second] = words;
    if (first === undefined) {
      for (const { name, value } of command.assignments) {
        const expanded = expandWord(value, state.variables);
        if (expanded.known) state.variables.set(name, expanded.value);
        // a variable of the environment that is set again stays exported
        if (expanded.known && state.environment.has(name)) {
          state.environment.set(name, { value: expanded.value, at: place(value.start, value.end) });
        }
      }
      return;
    }
    switch (first.value) {
      case 'export':
      case 'declare':
      case 'readonly':
      case 'local':
        for (const word of words.slice(1)) {
          const [, name, value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(word.value) ?? [];
          if (name === undefined) continue;
          const known = value ?? state.variables.get(name);
          if (known === undefined) continue;
          state.variables.set(name, known);
          if (first.value === 'export') state.environment.set(name, { value: known, at: word.at });
        }
        return;
      case 'cd':
        if (second !== undefined) {
          state.workingDirectory = second;
          state.folder = this.#folderOf(second.value, state.folder);
        } else if (command.words[1] !== undefined) {
          // somewhere that only the running script knows
          const { start, end } = command.words[1];
          state.workingDirectory = { value: text.slice(start, end), at: place(start, end) };
        }
        return;
      case 'ulimit':
        setLimit(words, state, command, place, text);
        return;
      case 'trap': {
        const signals = words.slice(2).map(({ value }) => value);
        // at EXIT the server is still there unless the action ends it
        const atExit =
          signals.some((one) => /^(?:EXIT|0)$/.test(one)) && /\bkill\b/.test(second?.value ?? '');
        state.trapped ||= atExit || signals.some((one) => /^(?:(?:SIG)?TERM|15)$/.test(one));
        return;
      }
      case 'set':
        if (second?.value === '--') state.args = words.slice(2);
        return;
      case 'shift':
        state.args = state.args.slice(Number(second?.value ?? '1') || 1);
        return;
      case '.':
      case 'source': {
        const file = second === undefined ? undefined : this.find(second.value, state.folder);
        if (file !== undefined && !this.#reading.has(file.path) && state.depth < MOST_DEPTH) {
          this.#reading.add(file.path);
          const inner = { ...state, depth: state.depth + 1 };
          this.text(file.text, (start, end) => file.span(start, end), inner, 'script');
          state.variables = inner.variables;
          state.environment = inner.environment;
          this.#reading.delete(file.path);
        }
        return;
      }
    }
    if (first.value === 'rm') {
      const removed = words.find(({ value }) => isCoreHere(value, state.workingDirectory?.value));
      if (removed !== undefined) state.removesCore = removed.at;
    }
    if (NEVER_SERVERS.has(first.value)) return;
    // in a pipeline and in the background exec replaces a shell that was forked for it
    const forks = first.value !== 'exec' || command.joint === 'background' || command.joint === 'pipe';
    const left = command.joint === 'background' && following.every((next) => endsAtOnce(next));
    this.command(words, {
      ...state,
      environment,
      behindShell: state.behindShell || forks,
      ...(forks && !state.trapped ? { keepsSignals: 'sh' } : {}),
      ...(left ? { leftBehind: true } : {}),
      ...(alone ? { alone } : {}),
    });
  }

  /** The word that a `case` tests; undefined where only the running script knows it. */
  #tested(
    tested: ShellWord,
    place: (start: number, end: number) => Span,
    state: State,
    text: string,
  ): string | undefined {
    const [only, ...more] = tested.parts.filter((part) => part.kind !== 'text' || part.text !== '');
    const argument = only?.kind === 'variable' && more.length === 0 && /^[\d@*]$/.test(only.name);
    const [word] = this.#words([tested], place, state, text);
    if (argument) return word?.value ?? '';
    return word !== undefined && word.value !== '' && expandWord(tested, state.variables).known
      ? word.value
      : undefined;
  }

  /** Words with variables put in; `"$@"` and unquoted variables can become several words or none. */
  #words(
    words: readonly ShellWord[],
    place: (start: number, end: number) => Span,
    state: State,
    text: string,
  ): Located<string>[] {
    const expanded: Located<string>[] = [];
    for (const word of words) {
      const at = place(word.start, word.end);
      const [only, ...more] = word.parts.filter((part) => part.kind !== 'text' || part.text !== '');
      if (only?.kind === 'variable' && more.length === 0) {
        if (only.name === '*' && only.quoted && expanded.length > 0) {
          // one word of all of them, as in `litestream replicate -exec "$*"`
          expanded.push({
            value: state.args.map(({ value }) => value).join(' '),
            at: state.args[0]?.at ?? at,
          });
          continue;
        }
        if (only.name === '@' || only.name === '*') {
          expanded.push(...state.args);
          continue;
        }
        if (/^\d$/.test(only.name) && only.operator === undefined) {
          const argument = state.args[Number(only.name) - 1];
          if (argument !== undefined) expanded.push(argument);
          continue;
        }
      }
      const { value: masked, known } = expandWord(word, state.variables);
      const value = unmasked(masked, text.slice(word.start, word.end));
      const unquotedVariable = word.parts.some((part) => part.kind === 'variable' && !part.quoted);
      if (unquotedVariable && /\s/.test(value)) {
        for (const part of value.split(/\s+/)) if (part !== '') expanded.push({ value: part, at });
      } else if (value !== '' || (known && !unquotedVariable)) {
        expanded.push({ value, at });
      }
    }
    return expanded;
  }
}

/**
 * Is it put in the background by a shell that then stays with another program, so that nobody sees its end? Where the
 * shell waits for it, or looks after it in a loop or a trap, it is not.
 */
function isLeftAlone(command: ShellCommand, commands: readonly ShellCommand[], text: string): boolean {
  if (command.joint !== 'background') return false;
  const after = commands.slice(commands.indexOf(command) + 1).filter((other) => {
    const same = other.branches.every((branch) => command.branches.includes(branch));
    return same && other.inFunction === command.inFunction;
  });
  const lines = after.map((other) => text.slice(other.start, other.end).trim());
  const last = lines.at(-1);
  if (last === undefined || /\b(?:while|until|kill\s+-0|jobs|fg|CHLD)\b/.test(text.slice(command.end)))
    return false;
  const several = commands.filter(({ joint }) => joint === 'background').length > 1;
  if (lines.some((line) => /^wait\s+\S/.test(line) || (line === 'wait' && !several))) return false;
  if (/\btrap\b.*\bCHLD\b/.test(text)) return false;
  return (
    /^(?:exec\s|tail\s+.*-\w*[fF]|sleep\s+inf|wait$)/.test(last) ||
    !NEVER_SERVERS.has(last.split(/\s/)[0] ?? '')
  );
}

/** Commands of scripts that start nothing that stays, and are not worth a look. */
const NEVER_SERVERS = new Set(
  (
    'echo printf test [ [[ ] true false : exit return trap wait sleep read unset alias mkdir chown chmod cp mv rm ln cat touch ' +
    'logger rotatelogs multilog svlogd grep sed awk find ls id whoami hostname date pip pip3 npm yarn apt-get apk curl wget nc pg_isready tar kill pkill set ' +
    'break continue shopt git source which type tail head sort tee mysql psql redis-cli let expr getopts'
  ).split(' '),
);

/** Subcommands of people's own programs that do one thing and end. */
const ENDING_SUBCOMMANDS =
  /^(?:(?:db|database|migrat\w*|init\w*|upgrade|create\w*|add|delete|remove|load\w*|import|export|dump|backup|restore|seed\w*|setup|install|config\w*|check|test\w*|lint|build|compile|shell|version|help|user\w*|wait\w*|reset|clean\w*|generate)(?:[-_:]\w+)*)$/;

/** Is it the core in the working directory, by its name or with what else is there? */
function isCoreHere(path: string, folder: string | undefined): boolean {
  const start = folder === undefined ? '' : `${folder.replace(/\/$/, '')}/`;
  const name = start !== '' && path.startsWith(start) ? path.slice(start.length) : path.replace(/^\.\//, '');
  return /^(?:core|core\*|core\.\*|\*)$/.test(name);
}

/** Does a script that gets here end without waiting for anything? */
function endsAtOnce({ words }: ShellCommand): boolean {
  const [first] = words;
  return first === undefined || /^(?:echo|printf|exit|true|:)$/.test(expandWord(first, new Map()).value);
}

function setLimit(
  words: readonly Located<string>[],
  state: State,
  command: ShellCommand,
  place: (start: number, end: number) => Span,
  text: string,
): void {
  // `ulimit -S -c "$(ulimit -H -c)"`, and bash's `hard`
  const last = command.words.at(-1);
  const source = last === undefined ? '' : text.slice(last.start, last.end);
  if (last !== undefined && /ulimit\s+-H\s*-?c|^["']?hard["']?$/.test(source)) {
    if (words.some(({ value }) => /^-S?c$/.test(value))) {
      const at = place(last.start, last.end);
      state.coreLimit = { soft: 'unknown', at, detail: 'ulimit raises it to the hard limit' };
    }
    return;
  }
  for (let index = 1; index < words.length; index++) {
    const word = words[index];
    if (word === undefined || !/^-[HS]*c$/.test(word.value)) continue;
    const value = words[index + 1];
    if (word.value.includes('H') && !word.value.includes('S')) continue;
    if (value === undefined) continue;
    // bash and dash count in blocks of 512 bytes in POSIX mode, bash else in 1,024: the number itself hardly matters
    const number = /^\d+$/.test(value.value) ? Number(value.value) * 512 : undefined;
    state.coreLimit =
      value.value === 'unlimited'
        ? { soft: 'unlimited', at: value.at, detail: 'ulimit -c unlimited' }
        : number === undefined
          ? { soft: 'unknown', at: value.at, detail: `ulimit -c ${value.value}` }
          : { soft: number, at: value.at, detail: `ulimit -c ${value.value}` };
  }
}

/** Only root has anything to give away: started as another user, a server ignores its own `user` and can leave a core. */
export function asUser(abort: AbortOutcome, user: string | undefined): AbortOutcome {
  return abort.core === 'kernel-forbids' && user !== undefined && !/^(?:root|0)(?::|$)/.test(user)
    ? { ...abort, core: 'written' }
    : abort;
}

/** `*`, `?` and `[…]` as a shell matches them; other characters stand for themselves. */
function globMatches(pattern: string, value: string): boolean {
  const source = pattern.replace(/\[[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) return /^\[!?[\w-]+\]$/.test(part) ? part.replace('[!', '[^') : '[\\s\\S]';
    return part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`).test(value);
  } catch {
    return false;
  }
}

function isScript(file: SourceFile): boolean {
  return file.text.startsWith('#!') || /\.(?:sh|bash|py)$/.test(file.path);
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
