import { stripLaunchers } from './launchers.ts';
import type { CoreLimit, Located, Note, StartCommand } from './project.ts';
import type { EvaluatedModule } from './readers/python/settings.ts';
import { JoinedText } from './readers/joined-text.ts';
import type { Word } from './readers/words.ts';
import { type GunicornContext, readGunicorn } from './servers/gunicorn.ts';
import { readOtherServer } from './servers/others.ts';
import { located, type ServerCommand } from './servers/server.ts';
import type { Sources } from './sources.ts';

/** What a start command is read with. */
export interface CommandReader {
  sources: Sources;
  /** The file of the tree that a path on a server is, seen from the file `near`. */
  find(near: string, path: string): string | undefined;
  /** What a configuration file in Python sets. */
  evaluate(path: string): EvaluatedModule | undefined;
}

interface Surroundings extends CommandReader {
  /** The file that the command stands in. */
  unit: string;
  workingDirectory?: string;
  environment: ReadonlyMap<string, Located<string>>;
}

export interface ReadCommand {
  command: StartCommand;
  environment: Map<string, Located<string>>;
  workingDirectory?: Located<string>;
  coreLimit?: CoreLimit;
  notes: Note[];
}

/** Makes of the words after `ExecStart=` (or of a Procfile, a CMD …) what is really started. */
export function readStartCommand(words: readonly Word[], around: Surroundings): ReadCommand {
  const notes: Note[] = [];
  const stripped = stripLaunchers(words, (path) => {
    const found = around.find(around.unit, path);
    const file = found === undefined ? undefined : around.sources.read(found);
    return file === undefined ? undefined : JoinedText.of(file, 0, file.text.length);
  });
  const environment = new Map([...stripped.environment].map(([name, word]) => [name, located(word)]));
  const server = readServer(stripped.words, around, environment, notes);
  for (const [name, value] of server?.environment ?? []) environment.set(name, value);
  const chdir =
    server?.options.get('chdir') ??
    (stripped.workingDirectory === undefined ? undefined : located(stripped.workingDirectory));
  const limit = stripped.coreLimit;
  const command: StartCommand = {
    argv: stripped.words.map(({ text }) => text),
    launchers: stripped.launchers,
    behindShell: stripped.behindShell,
    ...(server === undefined ? {} : { server: server.server }),
    ...(server?.application === undefined ? {} : { application: server.application }),
    options: server?.options ?? new Map(),
  };
  return {
    command,
    environment,
    ...(chdir === undefined ? {} : { workingDirectory: chdir }),
    ...(limit === undefined ? {} : { coreLimit: shellLimit(limit) }),
    notes,
  };
}

/** `ulimit -c`: blocks of 512 or 1024 bytes, which one depends on the shell; only 0 and unlimited are sure. */
function shellLimit(word: Word): CoreLimit {
  const soft = word.text === 'unlimited' ? 'unlimited' : word.text === '0' ? 0 : 'unknown';
  return { soft, at: located(word).at, detail: `ulimit -c ${word.text}` };
}

function readServer(
  words: readonly Word[],
  around: Surroundings,
  environment: ReadonlyMap<string, Located<string>>,
  notes: Note[],
): ServerCommand | undefined {
  const variable = environment.get('GUNICORN_CMD_ARGS') ?? around.environment.get('GUNICORN_CMD_ARGS');
  const file = variable === undefined ? undefined : around.sources.read(variable.at.file);
  const context: GunicornContext = {
    ...(variable === undefined
      ? {}
      : { commandArguments: { ...variable, ...(file === undefined ? {} : { file }) } }),
    configuration: (name) => configurationOf(name, around, notes),
  };
  return readGunicorn(words, context) ?? readOtherServer(words);
}

/** gunicorn's configuration: the named file or module, else `gunicorn.conf.py` in the working folder. */
function configurationOf(
  name: string | undefined,
  around: Surroundings,
  notes: Note[],
): EvaluatedModule | undefined {
  const plain = (name ?? './gunicorn.conf.py').replace(/^file:/, '');
  const path = plain.startsWith('python:') ? `${plain.slice(7).replaceAll('.', '/')}.py` : plain;
  const relative =
    path.startsWith('/') || around.workingDirectory === undefined
      ? path
      : `${around.workingDirectory}/${path}`;
  const found = around.find(around.unit, relative);
  if (found === undefined) {
    if (name !== undefined) {
      notes.push({
        code: 'gunicorn-configuration',
        message: `gunicorn's configuration ${name} is not in the repository; what it sets is not known`,
      });
    }
    return undefined;
  }
  // the default one counts only where it is sure to be the one
  const cwd = around.workingDirectory?.replace(/\/+$/, '') ?? '';
  const isDefault =
    found === 'gunicorn.conf.py' ||
    (cwd !== '' && `/${found}`.endsWith(`/${cwd.slice(cwd.lastIndexOf('/') + 1)}/gunicorn.conf.py`));
  if (name === undefined && !isDefault) return undefined;
  return around.evaluate(found);
}
