import { deployedFiles } from './frameworks/objects.ts';
import type { Application, BlindSpot, Located, ScheduledCommand, Service, StartCommand } from './project.ts';
import { askedOf } from './management-commands.ts';
import type { Sources } from './sources.ts';
import { requiredVersion } from './versions.ts';

/** Something that answers the exceptions of an application's own code itself, so that no hook of Python or of a framework sees them. */
interface Kind {
  /** How people write it. */
  name: string;
  /** What it does with an exception. */
  does: string;
  /** Where `handle(error)` goes. */
  where: string;
  /** Management commands and programs that run it. */
  commands?: readonly string[];
  /** Distributions that are nothing but it. */
  distributions?: readonly string[];
  /** What its use looks like in a Python file; `words`: one of them is in such a file. */
  code?: RegExp;
  words?: readonly string[];
  endpoint?: BlindSpot['endpoint'];
}

const KINDS: readonly Kind[] = [
  {
    name: 'graphene',
    endpoint: 'graphql',
    does: 'answers what a resolver raises with 200 and `errors`',
    where:
      'in a middleware of graphene that catches what `next(root, info, **arguments)` raises and is no GraphQLError',
    code: /^[ \t]*(?:from|import)[ \t]+graphene(?:_django)?\b.*$/m,
    words: ['graphene'],
    distributions: ['graphene', 'graphene-django'],
  },
  {
    name: 'strawberry',
    endpoint: 'graphql',
    does: 'answers what a resolver raises with 200 and `errors`',
    where:
      'in `process_errors(self, errors, execution_context=None)` of a subclass of its Schema, with the `original_error` of each that is no GraphQLError',
    code: /^[ \t]*(?:from|import)[ \t]+strawberry\b.*$/m,
    words: ['strawberry'],
    distributions: ['strawberry-graphql', 'strawberry-graphql-django'],
  },
  {
    name: 'ariadne',
    endpoint: 'graphql',
    does: 'answers what a resolver raises with 200 and `errors`',
    where:
      'in the `error_formatter` of `GraphQL(…)`, with `error.original_error` where there is one and it is no GraphQLError',
    code: /^[ \t]*(?:from|import)[ \t]+ariadne\b.*$/m,
    words: ['ariadne'],
    distributions: ['ariadne'],
  },
  {
    name: 'Django Q',
    does: 'keeps what a task raises as its result',
    where: 'in the task, in an `except Exception as error:` that raises it again',
    commands: ['qcluster'],
    distributions: ['django-q', 'django-q2'],
  },
  {
    name: 'django-tasks',
    does: 'keeps what a task raises as its result',
    where: 'in the task, in an `except Exception as error:` that raises it again',
    commands: ['db_worker'],
    distributions: ['django-tasks', 'django-tasks-db'],
  },
  {
    name: 'django-background-tasks',
    does: 'logs what a task raises and runs it again',
    where: 'in the task, in an `except Exception as error:` that raises it again',
    commands: ['process_tasks'],
    distributions: ['django-background-tasks', 'django4-background-tasks'],
  },
  {
    name: 'APScheduler',
    does: 'logs what a job raises and goes on',
    where: 'in a listener: `scheduler.add_listener(lambda event: handle(event.exception), EVENT_JOB_ERROR)`',
    commands: ['runapscheduler'],
    code: /^[ \t]*(?:from|import)[ \t]+(?:django_)?apscheduler\b.*$/m,
    words: ['apscheduler'],
    distributions: ['APScheduler', 'django-apscheduler'],
  },
  {
    name: 'Huey',
    does: 'logs what a task raises and goes on',
    where: 'in a function with `@huey.signal(SIGNAL_ERROR)`, which is called with `(signal, task, error)`',
    commands: ['run_huey'],
    distributions: ['huey'],
  },
  {
    name: "Channels' worker",
    does: 'logs what a consumer raises and goes on',
    where: 'in the consumer, in an `except Exception as error:` that raises it again',
    commands: ['runworker'],
  },
  {
    name: 'django-dramatiq',
    does: 'logs what an actor raises and sends it again',
    where:
      'in `after_process_message(self, broker, message, *, result=None, exception=None)` of a middleware of dramatiq, where there is an exception',
    commands: ['rundramatiq'],
    distributions: ['django-dramatiq'],
  },
  {
    name: "django-ninja's handler of Exception",
    endpoint: 'ninja',
    does: 'answers every exception',
    where: 'in that function',
    code: /@\w+\.exception_handler\(\s*Exception\b/,
    words: ['exception_handler(Exception', 'exception_handler( Exception'],
  },
  {
    name: "Flask's handler of Exception",
    does: 'answers every exception, so that Flask sends no signal',
    where: 'in that function, where the error is no HTTPException',
    code: /@\w+\.(?:app_)?errorhandler\(\s*(?:Base)?Exception\b|\.register_error_handler\(\s*(?:Base)?Exception\b/,
    words: ['errorhandler(Exception', 'errorhandler(BaseException', 'register_error_handler('],
  },
  {
    name: 'Flask-Rebar',
    does: 'answers every exception, so that Flask sends no signal',
    where: 'in a function that `rebar.add_uncaught_exception_handler(…)` takes',
    code: /^[ \t]*(?:from|import)[ \t]+flask_rebar\b.*$/m,
    words: ['flask_rebar'],
    distributions: ['flask-rebar'],
  },
  {
    name: "the REST framework's EXCEPTION_HANDLER",
    endpoint: 'rest',
    does: 'may answer every exception',
    where:
      'in that function, where `rest_framework.views.exception_handler(error, context)` gives None and it answers all the same',
    code: /["']EXCEPTION_HANDLER["']\s*:\s*["'](?!rest_framework\.views\.)[\w.]+["']/,
    words: ['EXCEPTION_HANDLER'],
  },
];

/** What is looked for in each file, for `Sources.lookFor`. */
export const BLIND_WORDS: readonly string[] = [
  ...KINDS.flatMap(({ words = [] }) => words),
  'abort_on_exception',
];

/**
 * What answers exceptions itself, each kind once: where a service starts it, else where code uses it, else where it is
 * required.
 */
export function findBlindSpots(
  sources: Sources,
  services: readonly Service[],
  scheduled: readonly ScheduledCommand[],
): BlindSpot[] {
  const commands = [...services, ...scheduled].flatMap(({ command }) => command ?? []);
  const paths = deployedFiles(sources);
  const handles = paths.some((path) =>
    /\babort_on_exception import\b[^\n]*\bhandle\b/.test(
      sources.containing(path, ['abort_on_exception'])?.text ?? '',
    ),
  );
  return KINDS.flatMap((kind) => {
    const uses = paths.flatMap((path) => usedIn(kind, path, sources));
    // if its use is not looked for, any call of handle counts as the one that was advised
    const handled = kind.code === undefined ? handles : uses.some((use) => use.handled);
    const at =
      startedBy(kind, commands)?.at ??
      uses[0]?.at ??
      (kind.distributions ?? [])
        .map((name) => requiredVersion(sources, '', name)?.at)
        .find((place) => place !== undefined);
    const { name, does, where, endpoint } = kind;
    const common = { name, does, where, handled, ...(endpoint === undefined ? {} : { endpoint }) };
    return at === undefined ? [] : [{ ...common, at }];
  });
}

/** The two lines to paste, and where. */
export function whatToPaste({ where }: BlindSpot, { packageName }: Pick<Application, 'packageName'>): string {
  const module = `${packageName === '' ? '' : `${packageName}.`}abort_on_exception`;
  return `paste \`from ${module} import handle\`, and \`handle(error)\` ${where}`;
}

function startedBy(
  { commands: wanted = [] }: Kind,
  commands: readonly Located<StartCommand>[],
): Located<StartCommand> | undefined {
  return commands.find(({ value: { argv } }) =>
    (['manage.py', 'django-admin'] as const).some((starter) => wanted.includes(askedOf(argv, starter) ?? '')),
  );
}

function usedIn(
  { code, words }: Kind,
  path: string,
  sources: Sources,
): { at: BlindSpot['at']; handled: boolean }[] {
  const file = code === undefined || words === undefined ? undefined : sources.containing(path, words);
  const match = file === undefined ? null : code?.exec(file.text);
  if (file === undefined || match === null || match === undefined) return [];
  const indent = /^[ \t]*/.exec(match[0])?.[0].length ?? 0;
  const start = match.index + indent;
  return [
    {
      at: file.span(start, match.index + match[0].length),
      handled: /\babort_on_exception\b/.test(file.text) && /\bhandle\(/.test(file.text),
    },
  ];
}
