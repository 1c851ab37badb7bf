import { JoinedText } from './readers/joined-text.ts';
import { shellCommands, type Word } from './readers/words.ts';

/** A program that only starts another one. */
interface Launcher {
  /** Options that take the next word. */
  withValue?: RegExp;
  /** Words after the options that are its own: the user of gosu, the duration of timeout … */
  own?: number;
  /** The word that the command follows: `run`, `run-program`, `--`. */
  verb?: RegExp;
  /** `NAME=value` words belong to it. */
  assignments?: true;
}

const LAUNCHERS: Record<string, Launcher> = {
  exec: { withValue: /^-a$/ },
  command: {},
  env: { withValue: /^(-u|--unset|-C|--chdir|-S)$/, assignments: true },
  nice: { withValue: /^(-n|--adjustment)$/ },
  ionice: { withValue: /^(-c|-n|--class|--classdata)$/ },
  chrt: { own: 1 },
  taskset: { own: 1 },
  setsid: {},
  nohup: {},
  stdbuf: { withValue: /^-[ioe]$/ },
  time: {},
  timeout: { withValue: /^(-k|-s|--kill-after|--signal)$/, own: 1 },
  sudo: { withValue: /^(-u|-g|-U|-C|-h|-p|--user|--group)$/, assignments: true },
  gosu: { own: 1 },
  'su-exec': { own: 1 },
  setuidgid: { own: 1 },
  's6-setuidgid': { own: 1 },
  's6-notifyoncheck': { withValue: /^-[snTtwc3]$/ },
  's6-softlimit': { withValue: /^-[a-z]$/ },
  softlimit: { withValue: /^-[a-z]$/ },
  chpst: { withValue: /^-[uUbenmdofplrtc/C]$/ },
  setpriv: { withValue: /^--(reuid|regid|groups|inh-caps|ambient-caps|bounding-set|securebits|pdeathsig)$/ },
  runuser: { withValue: /^(-u|-g|--user|--group)$/ },
  prlimit: {},
  'dumb-init': { withValue: /^(-r|--rewrite)$/ },
  tini: { withValue: /^(-e|-p)$/ },
  'tini-static': { withValue: /^(-e|-p)$/ },
  catatonit: {},
  'docker-init': {},
  'with-contenv': {},
  poetry: { verb: /^run$/ },
  pipenv: { verb: /^run$/, withValue: /^(--python|--pypi-mirror)$/ },
  pdm: { verb: /^run$/, withValue: /^(-p|--project)$/ },
  hatch: { verb: /^run$/, withValue: /^(-e|--env)$/ },
  rye: { verb: /^run$/ },
  uv: {
    verb: /^run$/,
    withValue:
      /^(--with|--extra|--group|--only-group|--no-group|--env-file|--python|-p|--project|--directory|--package|--index|--with-requirements)$/,
  },
  conda: { verb: /^run$/, withValue: /^(-n|--name|-p|--prefix|--cwd)$/ },
  micromamba: { verb: /^run$/, withValue: /^(-n|--name|-p|--prefix|--cwd)$/ },
  dotenv: { verb: /^run$/, withValue: /^(-f|--file)$/ },
  doppler: { verb: /^run$/, withValue: /^(-p|-c|--project|--config)$/ },
  chamber: { verb: /^exec$/, own: 1 },
  'newrelic-admin': { verb: /^run-(program|python)$/ },
  'ddtrace-run': {},
  'opentelemetry-instrument': { withValue: /^--(?!version$|help$)[\w-]+$/ },
  'scout-apm-run': {},
  'elasticapm-run': {},
  envdir: { own: 1 },
  'wait-for-it': { verb: /^--$/, withValue: /^(-h|-p|-t)$/ },
  'wait-for-it.sh': { verb: /^--$/, withValue: /^(-h|-p|-t)$/ },
  'docker-php-entrypoint': {},
};

const SHELLS = /^(ba|da|z|k|a)?sh$/;

export interface Stripped {
  words: readonly Word[];
  launchers: readonly string[];
  behindShell: boolean;
  /** Variables that launchers set. */
  environment: ReadonlyMap<string, Word>;
  /** Folder that a shell changes to before. */
  workingDirectory?: Word;
  /** `ulimit -c …` of a shell before. */
  coreLimit?: Word;
  user?: Word;
}

/** A script in the tree that a word names. */
type FindScript = (path: string) => JoinedText | undefined;

/** Shells, scripts and launchers inside each other; more is a loop. */
const DEEPEST = 12;

/** Takes off what only starts another program, until the program that stays. */
export function stripLaunchers(words: readonly Word[], findScript: FindScript): Stripped {
  const launchers: string[] = [];
  const environment = new Map<string, Word>();
  let behindShell = false;
  let current = words;
  const more: { workingDirectory?: Word; coreLimit?: Word; user?: Word } = {};
  for (let depth = 0; depth < DEEPEST; depth++) {
    current = takeAssignments(current, environment);
    const [first] = current;
    if (first === undefined) break;
    const name = first.text.slice(first.text.lastIndexOf('/') + 1);
    const script = SHELLS.test(name) ? shellArgument(current, findScript) : scriptOf(first, findScript);
    if (script !== undefined) {
      const chosen = startOf(script.text, more);
      if (chosen === undefined) break;
      launchers.push(script.name);
      behindShell ||= chosen.words[0]?.text !== 'exec';
      current = chosen.words;
      continue;
    }
    const launcher = Object.hasOwn(LAUNCHERS, name) ? LAUNCHERS[name] : undefined;
    if (launcher === undefined) break;
    const stripped = stripOne(current, launcher, environment);
    if (stripped === undefined) break;
    if (stripped.own !== undefined && /^(gosu|su-exec|setuidgid|s6-setuidgid)$/.test(name))
      more.user = stripped.own;
    const verb = stripped.verb;
    launchers.push(verb === undefined || verb === '--' ? name : `${name} ${verb}`);
    current = stripped.rest;
  }
  return {
    words: current,
    launchers: launchers.filter((one) => one !== 'exec'),
    behindShell,
    environment,
    ...more,
  };
}

function takeAssignments(words: readonly Word[], environment: Map<string, Word>): readonly Word[] {
  let index = 0;
  for (; index < words.length; index++) {
    const word = words[index];
    const match = word === undefined ? null : /^([A-Za-z_]\w*)=(.*)$/s.exec(word.text);
    if (word === undefined || match === null) break;
    environment.set(match[1] ?? '', { ...word, text: match[2] ?? '' });
  }
  return words.slice(index);
}

function stripOne(
  words: readonly Word[],
  launcher: Launcher,
  environment: Map<string, Word>,
): { rest: readonly Word[]; own?: Word; verb?: string } | undefined {
  let index = 1;
  let verb: string | undefined;
  const skipOptions = () => {
    while (index < words.length) {
      const text = words[index]?.text ?? '';
      if (!text.startsWith('-') || text === '-') return;
      if (launcher.verb?.test(text) === true) return;
      index += launcher.withValue?.test(text) === true ? 2 : 1;
      if (text === '--') return;
    }
  };
  skipOptions();
  if (launcher.verb !== undefined) {
    while (index < words.length && launcher.verb.test(words[index]?.text ?? '') === false) index++;
    verb = words[index]?.text;
    if (verb === undefined) return undefined;
    index++;
    skipOptions();
  }
  const own = launcher.own === undefined ? undefined : words[index];
  index += launcher.own ?? 0;
  if (words[index]?.text === '--') index++;
  const rest =
    launcher.assignments === true ? takeAssignments(words.slice(index), environment) : words.slice(index);
  if (rest.length === 0) return undefined;
  return { rest, ...(own === undefined ? {} : { own }), ...(verb === undefined ? {} : { verb }) };
}

/** The text that `sh -c TEXT` or `sh FILE` runs. */
function shellArgument(
  words: readonly Word[],
  findScript: FindScript,
): { name: string; text: JoinedText } | undefined {
  const shell = words[0]?.text.slice((words[0]?.text.lastIndexOf('/') ?? -1) + 1) ?? 'sh';
  for (const [index, word] of words.entries()) {
    if (index === 0) continue;
    if (/^-[a-z]*c$/.test(word.text)) {
      const script = words[index + 1];
      return script === undefined ? undefined : { name: `${shell} -c`, text: innerText(script) };
    }
    if (/^[-+]/.test(word.text)) continue;
    const text = findScript(word.text);
    return text === undefined ? undefined : { name: `${shell} ${word.text}`, text };
  }
  return undefined;
}

/** The text inside of a quoted word, with its places where nothing in it was escaped. */
function innerText(word: Word): JoinedText {
  const inside = word.source.slice(word.start + 1, word.end - 1);
  if (inside.text === word.text) return inside;
  const whole = word.source.slice(word.start, word.end);
  return whole.text === word.text
    ? whole
    : new JoinedText(word.source.file, word.text, [
        { from: 0, offset: word.source.span(word.start, word.end).start },
      ]);
}

function scriptOf(word: Word, findScript: FindScript): { name: string; text: JoinedText } | undefined {
  if (!word.text.includes('/') && !word.text.endsWith('.sh')) return undefined;
  const text = findScript(word.text);
  if (text === undefined) return undefined;
  const firstLine = /^#!.*/.exec(text.text)?.[0] ?? '';
  const isShell = /\b(ba|da|z|k|a)?sh\b/.test(firstLine) || (firstLine === '' && word.text.endsWith('.sh'));
  return isShell || /execlineb|with-contenv/.test(firstLine) ? { name: word.text, text } : undefined;
}

const KEYWORDS = new Set(['then', 'do', 'else', 'if', 'while', 'until', '!', '{', '(', 'elif']);

/** The command of a script that starts the server: the last `exec`, else the last one that starts a server by its look. */
function startOf(
  script: JoinedText,
  found: { workingDirectory?: Word; coreLimit?: Word },
): { words: readonly Word[] } | undefined {
  const commands = shellCommands(script)
    .map((command) => {
      let { words } = command;
      while (words[0] !== undefined && KEYWORDS.has(words[0].text)) words = words.slice(1);
      return { words, separator: command.separator };
    })
    .filter(({ words }) => words.length > 0);
  for (const { words } of commands) {
    const [name, first, second] = words;
    if (name?.text === 'cd' && first !== undefined && !first.text.startsWith('$'))
      found.workingDirectory = first;
    if (name?.text === 'ulimit' && /^-[SH]?c$/.test(first?.text ?? '') && second !== undefined)
      found.coreLimit = second;
  }
  return (
    commands.findLast((command) => command.words[0]?.text === 'exec' && starts(command)) ??
    commands.findLast(starts) ??
    commands.findLast((command) => command.words[0]?.text === 'exec' && command.words.length > 1) ??
    (commands.length === 1 ? commands[0] : undefined)
  );
}

function starts({ words }: { words: readonly Word[] }): boolean {
  return words.some(({ text }) => SERVER_WORD.test(text.slice(text.lastIndexOf('/') + 1)));
}

const SERVER_WORD =
  /^(gunicorn\S*|uwsgi\S*|uvicorn|hypercorn|daphne|granian|waitress-serve|mod_wsgi-express|celery|runserver|manage\.py)$/;
