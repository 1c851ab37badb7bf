import type { AbortOutcome, Located, Note } from '../project.ts';
import type { EvaluatedModule } from '../readers/python/settings.ts';
import type { SourceFile } from '../readers/text.ts';

/** What a server's command line is read with. */
export interface ServerContext {
  /** The file of the repository that a path on the command line means: relative to the working directory, or by its end. */
  find(path: string): SourceFile | undefined;
  /** The file of that name in the working directory, only where that is sure to be a folder of the repository. */
  beside(name: string): SourceFile | undefined;
  /** What a configuration file in Python sets. */
  evaluate(path: string): EvaluatedModule | undefined;
  environment: ReadonlyMap<string, Located<string>>;
}

/** What a command line, with the configuration file that it names, says. */
export interface ServerReading {
  /** The server that the program starts, where it has none of its own (`fastapi run`). */
  server?: string;
  /** A subcommand that serves nothing. */
  serves?: false;
  /** What the server imports, e.g. `shop.wsgi:application`. */
  application?: string;
  /** By long name; a flag has the value `true`. */
  options: ReadonlyMap<string, Located<string>>;
  /** Where the server itself changes to. */
  workingDirectory?: Located<string>;
  /** The user that the server becomes by itself, without exec. */
  user?: Located<string>;
  /** Environment that the server's configuration sets for the workers. */
  environment?: ReadonlyMap<string, Located<string>>;
  settingsModule?: Located<string>;
  /** What the command stays as in front of the server, where it passes no stop signal on. */
  keepsSignals?: string;
  /** Configuration files of the repository that were read. */
  files?: readonly string[];
  notes?: readonly Note[];
}

/** A program that serves Python web applications (or runs their tasks). One file each in this folder. */
export interface Server {
  name: string;
  /** Names of its programs, without folder. */
  programs: readonly string[];
  /** Modules that `python -m` starts it with. */
  modules: readonly string[];
  /** Reads the words after the program's name. Never throws. */
  read(words: readonly Located<string>[], context: ServerContext): ServerReading;
  /** What `os.abort()` in a request does, before any supervisor acts. */
  abort(reading: ServerReading): AbortOutcome;
}

/** What an abort does to a server that is one process and replaces nothing: all of it is gone until a supervisor acts. */
export function endsWhole(detail: string): AbortOutcome {
  return { core: 'written', respawnedBy: 'supervisor', supervisorSees: 'SIGABRT', lost: 'server', detail };
}
