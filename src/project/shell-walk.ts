import type { DeployedFiles } from './deployed-files.ts';
import type { CoreLimit, Located, Span } from './project.ts';
import {
  expandWord,
  readShell,
  type CaseBranch,
  type ShellCommand,
  type ShellWord,
} from './readers/shell.ts';
import { maskTemplate, unmasked } from './readers/template.ts';
import type { SourceFile } from './readers/text.ts';
import {
  endsAtOnce,
  globMatches,
  isCoreHere,
  isLeftAlone,
  isRunInPlace,
  limitOf,
  NEVER_SERVERS,
} from './shell-commands.ts';
import { hiddenStatus, ownSignal } from './shell-status.ts';
import type { Started } from './start-command.ts';

/** Scripts that start scripts; nobody goes deeper. */
export const MOST_DEPTH = 8;

/** What is known where a command of a script stands. */
export interface State {
  folder: string;
  variables: Map<string, string>;
  environment: Map<string, Located<string>>;
  args: readonly Located<string>[];
  launchers: readonly string[];
  behindShell: boolean;
  /** Something that certainly stays is in front, not only a shell that may be replaced by its last command. */
  surelyStays?: true;
  needsRoot?: Located<string>;
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

/** Goes through shell text and hands its commands, variables put in, to `command`. */
export class ShellWalk {
  readonly #files: DeployedFiles;
  readonly #found: Started[];
  readonly #command: (words: readonly Located<string>[], state: State) => void;
  readonly #reading = new Set<string>();

  /** `found`: what the commands that were handed on so far have started. */
  constructor(
    files: DeployedFiles,
    found: Started[],
    command: (words: readonly Located<string>[], state: State) => void,
  ) {
    this.#files = files;
    this.#found = found;
    this.#command = command;
  }

  /** A script that starts itself is read once. */
  isReading(file: SourceFile): boolean {
    return this.#reading.has(file.path);
  }

  file(file: SourceFile, state: State, style: 'script' | 'execline'): void {
    this.#reading.add(file.path);
    this.text(file.text, (start, end) => file.span(start, end), state, style);
    this.#reading.delete(file.path);
  }

  /** Shell text that is a value of something else; its words have their places where it stands there verbatim. */
  shellText(text: Located<string>, state: State, shell = 'sh'): void {
    const file = this.#files.read(text.at.file);
    const offset = file?.text.slice(text.at.start, text.at.end).indexOf(text.value) ?? -1;
    const place =
      file === undefined || offset === -1
        ? () => text.at
        : (from: number, to: number) => file.span(text.at.start + offset + from, text.at.start + offset + to);
    this.text(text.value, place, state, shell === 'bash' ? 'bash line' : 'line');
  }

  /**
   * `line` is one command line (of `sh -c`, a Procfile …), `bash line` that of `bash -c`, `script` a file; in execline
   * the whole file is one command line that each program hands on by exec.
   */
  text(
    text: string,
    place: (start: number, end: number) => Span,
    outer: State,
    style: 'line' | 'bash line' | 'script' | 'execline',
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
          const last = style !== 'script' && isRunInPlace(command, commands, text);
          const inPlace = last ? (style === 'bash line' ? 'yes' : 'maybe') : 'no';
          this.#step(command, commands.slice(index + 1), place, state, text, { alone, inPlace });
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
      const endsItself = isSeen ? ownSignal(text, value.argv, outer.errexit) : undefined;
      if (endsItself !== undefined) command.value = { endsItself, ...value };
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
        const name = words[open - 1]?.value ?? '';
        this.#execline(block, { ...state, behindShell: true, surelyStays: true, keepsSignals: name });
      }
      words = [...words.slice(0, open - 1), ...words.slice(close + 1)];
    }
    if (!NEVER_SERVERS.has(words[0]?.value ?? '')) this.#command(words, state);
  }

  #step(
    command: ShellCommand,
    following: readonly ShellCommand[],
    place: (start: number, end: number) => Span,
    state: State,
    text: string,
    { alone, inPlace }: { alone: boolean; inPlace: 'yes' | 'maybe' | 'no' },
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
          state.folder = this.#files.folderOf(second.value, state.folder);
        } else if (command.words[1] !== undefined) {
          // somewhere that only the running script knows
          const { start, end } = command.words[1];
          state.workingDirectory = { value: text.slice(start, end), at: place(start, end) };
        }
        return;
      case 'ulimit':
        Object.assign(state, limitOf(words, command, place, text));
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
        const file = second === undefined ? undefined : this.#files.find(second.value, state.folder);
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
    const stays = command.joint === 'background' || command.joint === 'pipe';
    const forks = stays || (first.value !== 'exec' && inPlace !== 'yes');
    const left = command.joint === 'background' && following.every((next) => endsAtOnce(next));
    this.#command(words, {
      ...state,
      environment,
      behindShell: state.behindShell || forks,
      ...(forks && inPlace !== 'maybe' ? { surelyStays: true } : {}),
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
