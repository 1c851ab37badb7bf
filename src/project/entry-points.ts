import { functionsOf } from './frameworks/blocks.ts';
import type { EntryPoint, Located, Span } from './project.ts';
import { baseName } from './python-modules.ts';
import type { PythonFile, Syntax } from './readers/python/syntax.ts';
import type { SourceFile } from './readers/text.ts';

const SETTINGS_VARIABLE =
  /(?:setdefault\s*\(\s*|environ\s*\[\s*)(['"])DJANGO_SETTINGS_MODULE\1\s*(?:,|\]\s*=)\s*(['"])([\w.]+)\2/g;

/** The settings module that a Python file names by DJANGO_SETTINGS_MODULE; the last one that is no comment. */
function namedSettings(file: SourceFile): Located<string> | undefined {
  let found: Located<string> | undefined;
  for (const match of file.text.matchAll(SETTINGS_VARIABLE)) {
    const lineStart = file.text.lastIndexOf('\n', match.index) + 1;
    if (file.text.slice(lineStart, match.index).trimStart().startsWith('#')) continue;
    const value = match[3] ?? '';
    const end = match.index + match[0].length - 1;
    found = { value, at: file.span(end - value.length, end) };
  }
  return found;
}

/** What a wsgi.py or asgi.py says: the object that servers import, the settings module, whether it is wrapped. */
export function readEntryPoint(
  kind: 'wsgi' | 'asgi',
  module: string,
  { file, module: syntax, error }: PythonFile,
): EntryPoint {
  const statements = syntax.named;
  let object: string | undefined;
  let assignment: EntryPoint['assignment'];
  let wrapped: Span | undefined;
  for (const statement of statements) {
    const found = assignmentOf(statement);
    if (found === undefined) continue;
    const { name, value } = found;
    // what a loop or a branch below puts in its place cannot be wrapped here
    if (value.type === 'none') continue;
    const wrapping = findWrap(value);
    if (
      wrapping !== undefined &&
      isImported(wrapping, file.text) &&
      (object === undefined || name === object || name === 'application')
    ) {
      wrapped = file.span(wrapping.start, wrapping.end);
      if (assignment !== undefined && name === object) continue;
    }
    if (
      name !== 'application' &&
      name !== 'app' &&
      !/^(get_([wa]sgi|default)_application|ProtocolTypeRouter|[WA]SGIHandler)\b/.test(value.text)
    )
      continue;
    if (object === 'application' && name !== 'application') continue;
    object = name;
    assignment = {
      statement: file.span(statement.start, statement.end),
      value: file.span(value.start, value.end),
      source: value.text,
    };
  }
  const settings = namedSettings(file);
  const name = object ?? 'application';
  const problem =
    error === undefined
      ? bindsName(syntax, name)
        ? undefined
        : `it does not set ${name}`
      : `line ${file.span(error.start, error.end).line} is not valid Python 3`;
  return {
    kind,
    file: file.path,
    module,
    ...(object === undefined ? {} : { object }),
    ...(assignment === undefined ? {} : { assignment }),
    ...(settings === undefined ? {} : { settingsModule: settings }),
    ...(wrapped === undefined ? {} : { wrapped }),
    ...(problem === undefined ? {} : { unreadable: problem }),
  };
}

/** May a statement of the module bind the name: by an assignment, an import, a star import, or in any other way? */
function bindsName({ named }: Syntax, name: string): boolean {
  const word = new RegExp(String.raw`\b${name}\b`);
  const mayBind = ({ type, text }: Syntax): boolean =>
    word.test(text) || (/import/.test(type) && text.includes('*')) || /\bglobals\(\)|\bexec\(/.test(text);
  return named.some(mayBind);
}

/** The assignment to a plain name that a statement is, annotated or not. */
export function assignmentOf(statement: Syntax): { name: string; value: Syntax } | undefined {
  if (statement.type !== 'expression_statement') return undefined;
  const assignment = statement.child('assignment');
  const left = assignment?.field('left');
  const value = assignment?.field('right');
  return left?.type === 'identifier' && value !== undefined ? { name: left.text, value } : undefined;
}

/** A call of the generated module's wrapper anywhere in an expression. */
export function findWrap(node: Syntax): Syntax | undefined {
  if (!/\bwrap_(w|a)sgi\b/.test(node.text)) return undefined;
  if (node.type === 'call' && /(^|\.)wrap_(w|a)sgi$/.test(node.field('function')?.text ?? '')) return node;
  for (const child of node.named) {
    const found = findWrap(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Is what is called imported? Without its import the wrapper's name stops the server at its start. */
export function isImported(called: Syntax | string, text: string): boolean {
  const name = typeof called === 'string' ? called : (called.field('function')?.text ?? '');
  return name.includes('.') || new RegExp(`^[ \\t]*(?:from|import)\\b[^=]*\\b${name}\\b`, 'm').test(text);
}

/** `install()` of the generated module, in a file that imports it. */
const INSTALL = /^[ \t]*((?:abort_on_exception\.)?install\(\))[ \t]*(?:#.*)?$/m;
const INSTALL_IMPORT = /^[ \t]*(?:from|import)\b[^\n]*\babort_on_exception\b/m;

/** The call of `install()` in a file that imports it from the generated module. */
function installIn(file: SourceFile, { start, end } = { start: 0, end: file.text.length }): Span | undefined {
  const install = INSTALL_IMPORT.test(file.text) ? INSTALL.exec(file.text.slice(start, end)) : null;
  if (install === null) return undefined;
  const at = start + install.index + install[0].indexOf(install[1] ?? '');
  return file.span(at, at + (install[1]?.length ?? 0));
}

/** A program that a service runs, or a function that an installed command `calls`: whether it installs the hooks. */
export function readScript(
  module: string,
  { file, error, module: syntax }: PythonFile,
  calls?: string,
): EntryPoint {
  const called = functionsOf(syntax).find(({ name }) => name === calls)?.definition;
  const wrapped = installIn(file, called);
  return {
    kind: 'script',
    file: file.path,
    module,
    ...(calls === undefined ? {} : { calls: called === undefined ? '' : calls }),
    ...(wrapped === undefined ? {} : { wrapped }),
    ...(error === undefined
      ? {}
      : { unreadable: `line ${file.span(error.start, error.end).line} is not valid Python 3` }),
  };
}

/** The condition that init writes above `install()` in manage.py. */
const ONLY_FOR = /^[ \t]*if \{([^{}]*)\}\.intersection\(sys\.argv\[1:2\]\):/m;

/** manage.py: the settings module, and whether it installs the hooks; it need not be parsed for that. */
export function readManage(module: string, file: SourceFile): EntryPoint {
  const settings = namedSettings(file);
  const wrapped = installIn(file);
  const only = ONLY_FOR.exec(file.text)?.[1];
  return {
    kind: 'manage',
    file: file.path,
    module,
    ...(settings === undefined ? {} : { settingsModule: settings }),
    ...(wrapped === undefined ? {} : { wrapped }),
    ...(only === undefined ? {} : { commands: [...only.matchAll(/[\w-]+/g)].map(([name]) => name) }),
  };
}

/** Is it a file that serves as a WSGI or ASGI entry point, by its name and its text? */
export function entryKind(path: string, text: string): 'wsgi' | 'asgi' | undefined {
  const name = baseName(path);
  if (/asgi/.test(name) && /\b(get_asgi_application|ProtocolTypeRouter|get_default_application)\b/.test(text))
    return 'asgi';
  // gevent.pywsgi and wsgiref have a WSGIHandler, too
  if (/\bget_wsgi_application\b/.test(text) || (/\bWSGIHandler\b/.test(text) && /\bdjango\b/.test(text)))
    return 'wsgi';
  if (/\bget_asgi_application\b/.test(text)) return 'asgi';
  return undefined;
}

/** Is a word of a start command this module, or an object of it? */
export function isNamedBy(words: readonly string[], module: string): boolean {
  return words.some((word) => `.${word.split(':')[0] ?? ''}`.endsWith(`.${module}`));
}
