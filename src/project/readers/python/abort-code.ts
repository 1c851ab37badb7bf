import type { AbortCode } from '../../project.ts';
import type { Sources } from '../../sources.ts';
import { loadPythonParser, parsePython, type Syntax } from './syntax.ts';

/** Every form below has one of these words in it; most files of a repository have none and are not parsed. */
const WORDS = /\b(SIGABRT|abort|RLIMIT_CORE|prctl)\b/;
/** The same words, for `Sources.lookFor`. */
export const ABORT_WORDS = ['SIGABRT', 'abort', 'RLIMIT_CORE', 'prctl'];

/** Code that is not what production runs. */
const ASIDE = /(^|\/)(tests?|testing)\/|(^|\/)(test_[^/]*|[^/]*_test|conftest|abort_on_exception)\.py$/;

/** Hand-written Python that matters when a process aborts, in the order of the files. */
export async function findAbortCode(sources: Sources, files: readonly string[]): Promise<AbortCode[]> {
  let found: AbortCode[] = [];
  for (const path of files) {
    if (!path.endsWith('.py') || ASIDE.test(path)) continue;
    const file = sources.containing(path, ABORT_WORDS);
    if (file === undefined || !WORDS.test(file.text)) continue;
    const { module } = parsePython(await loadPythonParser(), file);
    // what a child process does to itself between fork and exec is no matter of the service
    const forks = /\bpreexec_fn\b|\bos\.fork\(|\bmultiprocessing\b/.test(file.text);
    visit(module, undefined, found);
    if (forks) found = found.filter(({ kind, at }) => at.file !== file.path || !FORBIDS.has(kind));
  }
  return found;
}

const FORBIDS: ReadonlySet<AbortCode['kind']> = new Set(['core-limit', 'not-dumpable']);

/** `hook`: the definition of `process_exception` that the node is in. */
function visit(node: Syntax, hook: Syntax | undefined, found: AbortCode[]): void {
  let inside = hook;
  if (node.type === 'function_definition') {
    const name = node.field('name')?.text;
    inside = name === 'process_exception' ? node : hook;
  }
  if (node.type === 'call') {
    const called = node.field('function')?.text.replace(/\s+/g, '') ?? '';
    const given = node.field('arguments')?.text ?? '';
    const at = node.file.span(node.start, node.end);
    const forbids = forbidsCore(called, given);
    if (forbids !== undefined) found.push({ kind: forbids, call: called, at });
    if (/(^|\.)(kill|killpg|raise_signal|pthread_kill)$/.test(called) && /\bSIGABRT\b/.test(given)) {
      found.push({ kind: 'signal', call: called, at });
    }
    if (inside !== undefined && (/^(os\.)?abort$/.test(called) || /\bSIGABRT\b/.test(given))) {
      // its own early return for Http404 is a sign that the author has thought of it
      found.push({ kind: 'process-exception', call: called, at, guarded: /\bHttp404\b/.test(inside.text) });
    }
  }
  for (const child of node.named) visit(child, inside, found);
}

/** `setrlimit(RLIMIT_CORE, (0, …))` of the module resource; `prctl(PR_SET_DUMPABLE, 0)` through ctypes or python-prctl. */
function forbidsCore(called: string, given: string): 'core-limit' | 'not-dumpable' | undefined {
  if (/(^|\.)setrlimit$/.test(called) && /\bRLIMIT_CORE\s*,\s*[([]\s*0\s*,/.test(given)) return 'core-limit';
  const off =
    (/(^|\.)prctl$/.test(called) &&
      /^\(\s*(?:\w+\.)*(?:4|PR_SET_DUMPABLE)\s*,\s*(?:\w+\.)*(?:c_\w+\(\s*)?0\s*[),]/.test(given)) ||
    (/(^|\.)set_dumpable$/.test(called) && /^\(\s*(?:0|False)\s*,?\s*\)$/.test(given));
  return off ? 'not-dumpable' : undefined;
}
