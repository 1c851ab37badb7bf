import { askedParts, type Part } from '../project/module-parts.ts';
import { packageFiles } from '../project/versions.ts';
import { Sources } from '../project/sources.ts';
import { applicationsOf } from '../project/applications-of.ts';
import { managementCommands } from '../project/management-commands.ts';
import type { EntryPoint } from '../project/project.ts';
import type { Situation } from './wiring.ts';

/** What code or a requirement says, by the part of the generated module that it needs. */
const WITNESSES: readonly {
  part: Part;
  in: 'code' | 'anywhere';
  words: readonly string[];
  pattern: RegExp;
}[] = [
  { part: 'gevent', in: 'anywhere', words: ['gevent'], pattern: /\bgevent\b/ },
  {
    part: 'uvloop',
    in: 'anywhere',
    words: ['uvloop', 'uvicorn['],
    pattern: /\buvloop\b|\buvicorn\[standard\]/,
  },
  { part: 'formatter', in: 'code', words: ['JSONFormatter'], pattern: /abort_on_exception\.JSONFormatter\b/ },
  {
    part: 'flush',
    in: 'anywhere',
    words: ['sentry', 'QueueHandler', 'QueueListener'],
    pattern: /\bsentry[-_]sdk\b|\bQueue(?:Handler|Listener)\b/,
  },
  { part: 'threads', in: 'code', words: ['threading'], pattern: /^\s*(?:import|from)\s[^\n]*\bthreading\b/m },
  { part: 'tasks', in: 'code', words: ['asyncio'], pattern: /^\s*(?:import|from)\s[^\n]*\basyncio\b/m },
];

/** Code that is no part of the service. */
const ASIDE = /(^|\/)(tests?|testing|docs?)\/|(^|\/)(test_[^/]*|[^/]*_test|conftest|abort_on_exception)\.py$/;

/** Environment variables and keys of `PYCRASH` that mean a part, with the value where only that one does. */
const OPTIONS: readonly { name: string; value?: string; part: Part }[] = [
  { name: 'PYCRASH_CRASH_ROUTE', part: 'crash-route' },
  { name: 'PYCRASH', value: 'fork', part: 'fork' },
  { name: 'PYCRASH_MODE', value: 'fork', part: 'fork' },
  { name: 'PYCRASH_SAMPLE', part: 'sampling' },
  { name: 'PYCRASH_CALLBACKS', part: 'callbacks' },
  { name: 'PYCRASH_LOG_FILE', part: 'log-file' },
];

/** A program that ends by an exception, and not a server that answers by a 500. */
function isScript({ kind, inPlace }: EntryPoint): boolean {
  return kind === 'script' || inPlace?.call === 'install';
}

/** The parts that something in the repository needs. */
export function neededParts({ project, application }: Situation): Part[] {
  const sources = new Sources(project.root, project.files);
  const code = project.files.filter((path) => path.endsWith('.py') && !ASIDE.test(path));
  const started = project.services.flatMap(({ command }) => [
    ...(command?.value.argv ?? []),
    ...[...(command?.value.options.values() ?? [])].map(({ value }) => value),
  ]);
  const needed = WITNESSES.filter(({ in: where, words, pattern }) => {
    const found = (path: string): boolean => pattern.test(sources.containing(path, words)?.text ?? '');
    if (code.some(found)) return true;
    return (
      where === 'anywhere' &&
      (packageFiles(sources).some(found) || started.some((word) => pattern.test(word)))
    );
  }).map(({ part }) => part);
  const commands = managementCommands(project, (of) => applicationsOf(project, of).includes(application));
  if (commands.length > 0 || application.entryPoints.some(isScript)) needed.push('scripts');
  // uvloop's loop is watched for the tasks of the code
  const fits = needed.filter((part) => part !== 'uvloop' || needed.includes('tasks'));
  return [
    ...fits,
    ...OPTIONS.filter((option) => isSet(option, project, application)).map(({ part }) => part),
  ];
}

function isSet(
  { name, value }: (typeof OPTIONS)[number],
  { services }: Situation['project'],
  { settings }: Situation['application'],
): boolean {
  const inEnvironment = services
    .map(({ environment }) => environment.get(name)?.value)
    .some((set) => set !== undefined && (value === undefined || set === value));
  return (
    inEnvironment ||
    settings.some(({ values }) => {
      const options = values.get('PYCRASH')?.value;
      if (options?.kind !== 'mapping') return false;
      return options.entries.some(
        ({ key, value: set }) =>
          key.kind === 'string' &&
          `PYCRASH_${key.value}` === name &&
          (value === undefined || (set.kind === 'string' && set.value === value)),
      );
    })
  );
}

/** The parts that were asked for: now, or when the module that is there was written. */
export function wantedParts({ parts, read }: Situation, path: string): Part[] {
  return [...new Set([...askedParts(read(path)?.text ?? ''), ...(parts ?? [])])];
}
