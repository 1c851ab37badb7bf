import type { Insertion } from '../edit/insertion.ts';
import { indentation, lineEnding, lineStart, nextLine } from '../edit/text-style.ts';
import type { CommandOption, EntryPoint, InPlace, Span } from '../project/project.ts';
import { loadPythonParser, parsePython, type Syntax } from '../project/readers/python/syntax.ts';
import type { SourceFile } from '../project/readers/text.ts';
import { installation } from './scripts.ts';
import { inFolder, moduleName, type Situation, type Wiring } from './wiring.ts';

/** Wraps the object that servers import from wsgi.py and asgi.py, or watches it in place. */
export async function wireEntryPoints(situation: Situation): Promise<Wiring> {
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const parser = await loadPythonParser();
  const { application } = situation;
  const module = moduleName(application);
  const entries = application.entryPoints.filter(({ kind }) => kind !== 'manage' && kind !== 'script');
  const isScript = application.framework === 'script';
  if (!isScript && !entries.some(({ kind }) => kind !== 'worker' || application.framework !== 'django')) {
    wiring.impossible.push({
      path: inFolder(application.packageFolder, 'wsgi.py'),
      reason:
        'no wsgi.py or asgi.py could be read. Paste this at the end of the file that your server imports: ' +
        `from ${module} import wrap_wsgi; application = wrap_wsgi(application)`,
    });
  }
  const imported = new Set<string>();
  for (const entry of entries) {
    const { inPlace } = entry;
    if (entry.commandOption !== undefined) {
      wireCommand(entry, entry.commandOption, module, wiring);
      continue;
    }
    const wrapper = inPlace?.call ?? `wrap_${entry.kind}`;
    const name = inPlace?.target ?? entry.object ?? 'application';
    if (entry.wrapped !== undefined) {
      wiring.wishes.push({ kind: 'entry-points', path: entry.file, good: true });
      continue;
    }
    const file = situation.read(entry.file);
    const parsed = file === undefined ? undefined : parsePython(parser, file);
    const why =
      entry.unreadable ??
      (parsed === undefined ? 'it cannot be read' : undefined) ??
      (parsed?.error === undefined ? undefined : 'it does not parse');
    if (why !== undefined || file === undefined || parsed === undefined) {
      wiring.impossible.push({
        path: entry.file,
        reason:
          `${entry.file} cannot be edited: ${why}. ` +
          (entry.byHand !== undefined
            ? entry.byHand
            : inPlace === undefined
              ? `Paste this at its end: from ${module} import ${wrapper}; ${name} = ${wrapper}(${name})`
              : `Paste this ${name === '' ? 'before it' : `where ${name} is complete`}: from ${module} import ${wrapper}; ${pasted(inPlace)}`),
      });
      continue;
    }
    const insertions =
      inPlace === undefined
        ? wrap(file, parsed.module, entry, name, wrapper, module)
        : watch(file, parsed.module, inPlace, module);
    // one import for all the places of a file
    const isThere = imported.has(`${entry.file} ${wrapper}`) || importsAlready(file.text, module, wrapper);
    imported.add(`${entry.file} ${wrapper}`);
    wiring.wishes.push({
      kind: 'entry-points',
      path: entry.file,
      insertions: isThere ? withoutFirst(insertions) : insertions,
    });
  }
  // where nothing is written for the application, nothing is for what stands beside it
  if (wiring.wishes.length === 0 && wiring.impossible.length > 0) return wiring;
  for (const entry of application.entryPoints) {
    if (entry.kind !== 'script') continue;
    if (entry.wrapped !== undefined) {
      wiring.wishes.push({ kind: 'entry-points', path: entry.file, good: true });
      continue;
    }
    const file = entry.unreadable === undefined ? situation.read(entry.file) : undefined;
    const syntax = file === undefined ? undefined : parsePython(parser, file);
    const insertions =
      file === undefined || syntax?.error !== undefined || syntax === undefined
        ? undefined
        : installation(file, syntax.module, module, entry.calls);
    if (insertions !== undefined) {
      wiring.wishes.push({ kind: 'entry-points', path: entry.file, insertions });
      continue;
    }
    const reason =
      `${entry.file} cannot be edited: ${entry.unreadable ?? 'there is no line for it'}. ` +
      `Paste this where ${entry.calls === undefined || entry.calls === '' ? 'the program' : `${entry.calls}()`} begins: from ${module} import install; install()`;
    if (isScript) wiring.impossible.push({ path: entry.file, reason });
    else wiring.notes.push({ code: 'script-by-hand', message: reason });
  }
  return wiring;
}

/** Where a start command may come from is not known well enough to edit it: what to add is said. */
function wireCommand(
  { file, object, wrapped }: EntryPoint,
  { option, setting, names }: CommandOption,
  module: string,
  { wishes, notes }: Wiring,
): void {
  if (wrapped !== undefined) wishes.push({ kind: 'entry-points', path: file, good: true });
  else
    notes.push({
      code: 'start-command-by-hand',
      message: `${file} starts ${object}: ${addition(option, setting, `${module}.${names}`)}. Until then a job that fails leaves no core`,
    });
}

function addition(option: string, setting: string | undefined, name: string): string {
  return setting === undefined
    ? `add \`${option} ${name}\` to that command`
    : `write \`${setting} = ['${name}']\` in its settings`;
}

function withoutFirst([, ...others]: readonly Insertion[]): Insertion[] {
  return others.map((one) =>
    one.closes === undefined ? one : { at: one.at, text: one.text, closes: one.closes - 1 },
  );
}

/** The call as a person writes it. */
function pasted({ call, target, where }: InPlace): string {
  return where === 'around' ? `${call}(…) around ${target}` : `${call}(${target})`;
}

/** Another place of the file has been edited before, and by the same import. */
function importsAlready(text: string, module: string, name: string): boolean {
  return new RegExp(String.raw`^from ${module.replaceAll('.', String.raw`\.`)} import ${name}\b`, 'm').test(
    text,
  );
}

/** The statement that watches an object in place: behind its assignment, or before its factory returns it; or the call around it. */
function watch(
  { text }: SourceFile,
  syntax: Syntax,
  { call, target, statement, factory, where = factory === undefined ? 'after' : 'before' }: InPlace,
  module: string,
): Insertion[] {
  const holder = syntax.named.find(({ start, end }) => start <= statement.start && statement.end <= end);
  const importing = importInsertion(
    text,
    syntax,
    holder?.start ?? statement.start,
    `from ${module} import ${call}`,
  );
  if (where === 'around') {
    return [
      importing,
      { at: statement.start, text: `${call}(` },
      { at: statement.end, text: ')', closes: 1 },
    ];
  }
  return [importing, ownLine(text, statement, `${call}(${target})`, where)];
}

/** A line of its own, indented as the statement that it stands before or after. */
function ownLine(text: string, statement: Span, code: string, where: 'before' | 'after'): Insertion {
  const end = lineEnding(text);
  const line = `${indentation(text, statement.start)}${code}`;
  const at = where === 'before' ? lineStart(text, statement.start) : nextLine(text, statement.end);
  const afterLineEnd = at === 0 || /[\r\n]/.test(text.charAt(at - 1));
  return { at, text: afterLineEnd ? `${line}${end}` : `${end}${line}` };
}

function wrap(
  file: SourceFile,
  syntax: Syntax,
  { assignment, definition }: EntryPoint,
  name: string,
  wrapper: string,
  module: string,
): Insertion[] {
  const { text } = file;
  const end = lineEnding(text);
  const statement = assignment?.statement ?? definition;
  const importing = importInsertion(
    text,
    syntax,
    statement?.start ?? text.length,
    `from ${module} import ${wrapper}`,
  );
  if (definition !== undefined) return [importing, ownLine(text, definition, `@${wrapper}`, 'before')];
  const value = assignment === undefined ? '' : text.slice(assignment.value.start, assignment.value.end);
  if (assignment !== undefined && !/[\r\n]/.test(value)) {
    return [
      importing,
      { at: assignment.value.start, text: `${wrapper}(` },
      { at: assignment.value.end, text: ')', closes: 1 },
    ];
  }
  const code = `${name} = ${wrapper}(${name})`;
  if (statement !== undefined) return [importing, ownLine(text, statement, code, 'after')];
  const afterLineEnd = text === '' || /[\r\n]$/.test(text);
  return [importing, { at: text.length, text: afterLineEnd ? `${code}${end}` : `${end}${code}` }];
}

const IMPORTS = new Set(['import_statement', 'import_from_statement', 'future_import_statement']);

/** The import goes behind the last one above the statement that needs it, unless sys.path is changed after that. */
function importInsertion(text: string, module: Syntax, before: number, line: string): Insertion {
  const end = lineEnding(text);
  const above = module.named.filter((statement) => statement.end <= before);
  const last = above.findLast(({ type }) => IMPORTS.has(type));
  const rest = above.slice(last === undefined ? 0 : above.indexOf(last) + 1);
  const pathChanges = rest.some((statement) => /\bsys\.path\b|addsitedir|activate_this/.test(statement.text));
  if (last === undefined || pathChanges || last.end >= text.length) {
    const at = before >= text.length ? text.length : lineStart(text, before);
    const afterLineEnd = at === 0 || /[\r\n]/.test(text.charAt(at - 1));
    const indent = before >= text.length ? '' : indentation(text, before);
    return { at, text: `${afterLineEnd ? '' : end}${indent}${line}${end}` };
  }
  const at = nextLine(text, last.end);
  // flake8 wants the same excuse on every import that comes late
  const excuse = /[ \t]*#[ \t]*noqa(?=[ \t]*$|:[^\r\n]*\bE402\b)/im.test(text.slice(last.end, at))
    ? '  # noqa: E402'
    : '';
  const group = /^\s*(?:from|import)\s+(\w+)/.exec(last.text)?.[1];
  const ours = /^from (\w+)/.exec(line)?.[1];
  const blank = group !== ours && /^[ \t]*(\r|\n|$)/.test(text.slice(at)) ? end : '';
  return { at, text: `${blank}${line}${excuse}${end}` };
}
