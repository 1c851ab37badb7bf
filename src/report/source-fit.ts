import type { FrameCode } from './model.ts';

/** How many lines of decorators a function has at most. */
const MOST_DECORATORS = 5000;

/**
 * Can the code object have been compiled from these lines? It says where it begins, how it is called and which names it
 * has (`co_firstlineno`, `co_name`, `co_varnames`), and the line that ran is one with code in it.
 */
export function fits(lines: readonly string[], { line, code }: { line: number; code?: FrameCode }): boolean {
  // what a module does before its first line
  if (line < 1) return true;
  const ran = lines[line - 1]?.trim();
  if (ran === undefined || ran === '' || ran.startsWith('#')) return false;
  if (code === undefined) return true;
  return beginsWith(lines, code) && hasNames(lines, code);
}

function beginsWith(lines: readonly string[], { name, firstLine }: FrameCode): boolean {
  // a module begins at line 0 or 1, and what Python makes itself has names like <listcomp> and __annotate__
  if (name === '<lambda>') return lines[firstLine - 1]?.includes('lambda') ?? false;
  if (name.startsWith('<') || name.startsWith('__annotate')) return true;
  const first = Math.max(0, firstLine - 1);
  for (const line of lines.slice(first, first + MOST_DECORATORS)) {
    // the first line is the first decorator's
    const found = /^\s*(?:async\s+def|def|class|type)\s+([^\s(:[=]+)/.exec(line)?.[1];
    if (found !== undefined) return found.normalize('NFKC') === name;
    if (line === lines[first] && !/^\s*@/.test(line)) return false;
  }
  return false;
}

function hasNames(lines: readonly string[], { firstLine, slots }: FrameCode): boolean {
  const text = lines
    .slice(Math.max(0, firstLine - 1))
    .join('\n')
    .normalize('NFKC');
  return slots.every(({ name }) => {
    if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) || /^__\w+__$/.test(name)) return true;
    // a private name in a class: _Class__name
    return text.includes(name.replace(/^_+[^_].*?(?=__)/, ''));
  });
}
