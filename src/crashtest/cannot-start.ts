import type { Application, StaticValue } from '../project/project.ts';

/** Something that an application lacked when it was started. */
interface Lack {
  pattern: RegExp;
  /** What it is, and what to pass or to do; `found` are the groups of the pattern. */
  say(found: readonly string[], application: Started): string;
}

/** What is known of the application that was started. */
export type Started = Pick<Application, 'framework' | 'settings'> & {
  /** Have the migrations been run? */
  migrated?: boolean;
};

/** What --sqlite and --migrate do; they are for Django (target.ts). */
function orSqlite({ framework }: Started): string {
  return framework === 'django'
    ? ', or verify with --sqlite, which puts a throw-away SQLite database in place of it (--migrate makes its tables)'
    : '';
}

/** In words of Python, Django and the usual libraries for settings; the last one in the log is what ended it. */
const LACKS: readonly Lack[] = [
  {
    // os.environ['NAME']; a frozen os.py, as CPython 3.11 and later have it, shows no source line
    pattern:
      /File "(?:<frozen os>|[^"\n]*\/os\.py)", line \d+, in __getitem__\n(?:[^\n]*\n){0,3}?\s*KeyError: '(\w+)'/g,
    say: variable,
  },
  { pattern: /^\S*UndefinedValueError: (\w+) not found/gm, say: variable },
  { pattern: /ImproperlyConfigured: Set the (\w+) environment variable/g, say: variable },
  { pattern: /EnvError: Environment variable "(\w+)" not set/g, say: variable },
  {
    pattern: /ImproperlyConfigured: The (\w+) setting must not be empty/g,
    say: ([name = ''], { settings }) => {
      const variables = variablesOf(name, settings);
      return (
        `the setting ${name} is empty: pass ` +
        (variables.length === 0
          ? 'the variable that sets it with --env'
          : `--env ${variables.join('=… or --env ')}=…`) +
        ', or other settings with --settings'
      );
    },
  },
  {
    pattern: /ImproperlyConfigured: (Requested setting \w+, but settings are not configured)/g,
    say: ([text = ''], { settings }) => {
      const modules = settings.map(({ module }) => module);
      return `${text}: name them with --settings${modules.length === 0 ? '' : ` ${modules.join(' or --settings ')}`}`;
    },
  },
  {
    pattern: /Error loading (?:psycopg2 or psycopg|psycopg2|MySQLdb|cx_Oracle|oracledb) module/g,
    say: (_, application) =>
      `the driver of the database is not installed: pip install it into the environment that --python names${orSqlite(application)}`,
  },
  {
    pattern: /ModuleNotFoundError: No module named '([\w.]+)'/g,
    say: ([name]) =>
      `Python has no module ${name}: pip install what has it into the environment that --python names, ` +
      "or name another one (is it the project's own? then look at the working directory and PYTHONPATH)",
  },
  {
    pattern: /connection to server at "([^"]+)"(?: \([^)]*\))?, port (\d+) failed/g,
    say: ([host, port], application) =>
      `no database answers at ${host}:${port}: start it, pass another address with --env${orSqlite(application)}`,
  },
  {
    pattern: /could not translate host name "([^"]+)" to address/g,
    say: ([host], application) =>
      `there is no host ${host} here for the database: pass another address with --env${orSqlite(application)}`,
  },
  {
    pattern: /Can't connect to (?:MySQL )?server on '([^'\s]+)'(?: \((\d+)\))?/g,
    say: ([host], application) =>
      `no database answers at ${host}: start it, pass another address with --env${orSqlite(application)}`,
  },
  {
    pattern: /Error -?\d+ connecting to ([\w.-]+:\d+)/g,
    say: ([address]) =>
      `nothing answers at ${address} (Redis?): start it, or pass another address with --env`,
  },
  {
    pattern: /\('([\w.:-]+)', (\d+)\)[^\n]*(?:Connection refused|Errno 111)/g,
    say: ([host, port]) => `nothing answers at ${host}:${port}: start it, or pass another address with --env`,
  },
  {
    pattern: /ConnectionRefusedError: \[Errno 111\][^\n]*/g,
    say: () =>
      'a service that it connects to refuses the connection: start it, or pass another address with --env',
  },
  {
    pattern: /(?:no such table: |relation "|Table ')([\w.]+)/g,
    say: ([table], { framework, migrated }) =>
      `the database has no table ${table}: ` +
      (framework === 'django' && migrated !== true
        ? 'verify with --migrate'
        : 'make its tables as the project does, in the database that its settings name'),
  },
  {
    pattern: /Missing staticfiles manifest entry for '([^'\n]*)'/g,
    say: ([file]) =>
      `the storage of static files knows no ${file}: run \`manage.py collectstatic\` first, as the deployment does`,
  },
  {
    pattern: /^Error: '([^'\n]+)' doesn't exist$/gm,
    say: ([file]) =>
      `there is no ${file} here, which the start command names: put it there, or give --command without it`,
  },
  {
    // a folder for logs, sockets or a configuration that only the deployment has
    pattern: /FileNotFoundError: \[Errno 2\] No such file or directory: '(\/[^'\n]+)'/g,
    say: ([file]) =>
      `there is no ${file} here: make it, or pass what names it with --env, --settings or --command`,
  },
  {
    pattern: /\[CRITICAL\] WORKER TIMEOUT/g,
    say: () =>
      'gunicorn ends workers that take longer than its own --timeout (30 s) to import or to answer: give --command with a longer one',
  },
  {
    pattern: /SyntaxError: future feature annotations is not defined/g,
    say: () => 'its Python is too old for the module that aborts, which is for Python 3.8 and newer',
  },
  {
    pattern: /address already in use|connection in use|Errno 98/gi,
    say: () => 'its address is taken: stop what listens there, or give --command another one',
  },
  // whatever else the settings say of themselves
  {
    pattern: /ImproperlyConfigured: ([^\n]{1,300})/g,
    say: ([text]) =>
      `the settings say: ${text}. Pass what they want with --env, or other settings with --settings`,
  },
];

function variable([name]: readonly string[]): string {
  return `the settings want the environment variable ${name}: pass --env ${name}=… or a file with --env-file`;
}

/** Variables of the environment that a setting is read from, in any of those modules. */
export function variablesOf(setting: string, settings: Started['settings']): string[] {
  return [...new Set(settings.flatMap(({ values }) => namesOf(values.get(setting)?.value)))];
}

/** Variables of the environment that such a value is made of. */
function namesOf(value: StaticValue | undefined): string[] {
  if (value?.kind === 'environment') return [value.name];
  if (value?.kind === 'either') return value.alternatives.flatMap((one) => namesOf(one.value));
  return [];
}

/** What the application lacked, by what it wrote when it ended, and what to pass; undefined where the log does not say. */
export function whatWasMissing(log: string, application: Started): string | undefined {
  let last: { at: number; text: string } | undefined;
  for (const { pattern, say } of LACKS) {
    const found = [...log.matchAll(pattern)].at(-1);
    // of two that fit one place the first in the list says more
    if (found !== undefined && (last === undefined || found.index > last.at)) {
      last = {
        at: found.index,
        text: say(
          found.slice(1).map((group) => group ?? ''),
          application,
        ),
      };
    }
  }
  return last?.text;
}
