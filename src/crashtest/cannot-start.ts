/** Something that an application lacked when it was started. */
interface Lack {
  pattern: RegExp;
  /** What it is, and what to pass or to do; `found` are the groups of the pattern. */
  say(...found: string[]): string;
}

const SQLITE =
  'or verify with --sqlite, which puts a throw-away SQLite database in place of it (--migrate makes its tables)';

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
    say: (name) =>
      `the setting ${name} is empty: pass the variable that sets it with --env, or other settings with --settings`,
  },
  {
    pattern: /ImproperlyConfigured: (Requested setting \w+, but settings are not configured)/g,
    say: (text) => `${text}: name them with --settings`,
  },
  {
    pattern: /Error loading (?:psycopg2 or psycopg|psycopg2|MySQLdb|cx_Oracle|oracledb) module/g,
    say: () =>
      `the driver of the database is not installed: pip install it into the environment that --python names, ${SQLITE}`,
  },
  {
    pattern: /ModuleNotFoundError: No module named '([\w.]+)'/g,
    say: (name) =>
      `Python has no module ${name}: pip install what has it into the environment that --python names, ` +
      "or name another one (is it the project's own? then look at the working directory and PYTHONPATH)",
  },
  {
    pattern: /connection to server at "([^"]+)"(?: \([^)]*\))?, port (\d+) failed/g,
    say: (host, port) =>
      `no database answers at ${host}:${port}: start it, pass another address with --env, ${SQLITE}`,
  },
  {
    pattern: /could not translate host name "([^"]+)" to address/g,
    say: (host) =>
      `there is no host ${host} here for the database: pass another address with --env, ${SQLITE}`,
  },
  {
    pattern: /Can't connect to (?:MySQL )?server on '([^'\s]+)'(?: \((\d+)\))?/g,
    say: (host) => `no database answers at ${host}: start it, pass another address with --env, ${SQLITE}`,
  },
  {
    pattern: /Error -?\d+ connecting to ([\w.-]+:\d+)/g,
    say: (address) => `nothing answers at ${address} (Redis?): start it, or pass another address with --env`,
  },
  {
    pattern: /\('([\w.:-]+)', (\d+)\)[^\n]*(?:Connection refused|Errno 111)/g,
    say: (host, port) => `nothing answers at ${host}:${port}: start it, or pass another address with --env`,
  },
  {
    pattern: /ConnectionRefusedError: \[Errno 111\][^\n]*/g,
    say: () =>
      'a service that it connects to refuses the connection: start it, or pass another address with --env',
  },
  {
    pattern: /(?:no such table: |relation "|Table ')([\w.]+)/g,
    say: (table) => `the database has no table ${table}: verify with --migrate`,
  },
  {
    pattern: /address already in use|connection in use|Errno 98/gi,
    say: () => 'its address is taken: stop what listens there, or give --command another one',
  },
  // whatever else the settings say of themselves
  {
    pattern: /ImproperlyConfigured: ([^\n]{1,300})/g,
    say: (text) =>
      `the settings say: ${text}. Pass what they want with --env, or other settings with --settings`,
  },
];

function variable(name: string): string {
  return `the settings want the environment variable ${name}: pass --env ${name}=… or a file with --env-file`;
}

/** What the application lacked, by what it wrote when it ended, and what to pass; undefined where the log does not say. */
export function whatWasMissing(log: string): string | undefined {
  let last: { at: number; text: string } | undefined;
  for (const { pattern, say } of LACKS) {
    const found = [...log.matchAll(pattern)].at(-1);
    // of two that fit one place the first in the list says more
    if (found !== undefined && (last === undefined || found.index > last.at)) {
      last = { at: found.index, text: say(...found.slice(1).map((group) => group ?? '')) };
    }
  }
  return last?.text;
}
