import type { Span } from '../../project.ts';
import type { Sources } from '../../sources.ts';
import { loadPythonParser, parsePython, type Syntax } from './syntax.ts';

/** Both options, as a setting under whatever prefix, as an argument of a task, and as an attribute of its class. */
const REJECT = /(^|[._])reject_on_worker_lost$/i;
const LATE = /(^|[._])acks_late$/i;
/** For `Sources.lookFor`: without the first option the second one is no matter. */
export const REJECT_WORDS = ['reject_on_worker_lost', 'REJECT_ON_WORKER_LOST'];
const ANY = [...REJECT_WORDS, 'acks_late', 'ACKS_LATE'];
const ASIDE = /(^|\/)(tests?|testing)\/|(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/;

interface Option {
  late: boolean;
  at: Span;
  /** Offset of what it belongs to, a call or a class; undefined where it is a setting for every task. */
  task: number | undefined;
}

/**
 * Where tasks of Celery are given back to the queue when their process dies: `reject_on_worker_lost`, which has an
 * effect with `acks_late` alone (celery/worker/request.py, on_failure).
 */
export async function findRedeliveredTasks(sources: Sources, files: readonly string[]): Promise<Span[]> {
  const options: Option[] = [];
  const own = files.filter((path) => path.endsWith('.py') && !ASIDE.test(path));
  if (!own.some((path) => sources.containing(path, REJECT_WORDS) !== undefined)) return [];
  for (const path of own) {
    const file = sources.containing(path, ANY);
    if (file === undefined) continue;
    const { module } = parsePython(await loadPythonParser(), file);
    visit(module, undefined, options);
  }
  const lateForAll = options.some(({ late, task }) => late && task === undefined);
  const lateForOne = options.some(({ late }) => late);
  return options
    .filter(({ late, task, at }) => {
      if (late) return false;
      if (lateForAll || (task === undefined && lateForOne)) return true;
      return options.some((other) => other.late && other.task === task && other.at.file === at.file);
    })
    .map(({ at }) => at);
}

function visit(node: Syntax, task: number | undefined, options: Option[]): void {
  const [name, value] = given(node);
  if (name !== undefined && value?.text === 'True' && (REJECT.test(name) || LATE.test(name))) {
    const setting = /^(.*\.)?(?:\w+_)?task_|^[A-Z_]+$/.test(name);
    const at = node.file.span(node.start, node.end);
    options.push({ late: LATE.test(name), at, task: setting ? undefined : task });
  }
  const inner = node.type === 'call' || node.type === 'class_definition' ? node.start : task;
  for (const child of node.named) visit(child, inner, options);
}

/** Name and value of `name=value` in a call, of an assignment, or of a pair of a dictionary. */
function given(node: Syntax): [string | undefined, Syntax | undefined] {
  switch (node.type) {
    case 'keyword_argument':
      return [node.field('name')?.text, node.field('value')];
    case 'assignment':
      return [node.field('left')?.text, node.field('right')];
    case 'pair':
      return [node.field('key')?.text.replace(/^["']|["']$/g, ''), node.field('value')];
    default:
      return [undefined, undefined];
  }
}
