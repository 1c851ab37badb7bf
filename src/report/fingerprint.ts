import { sha256 } from '../sha256-without-crypto.ts';
import { isApplicationFrame } from './application-frame.ts';
import type { ChainedException, CrashReport, ReportedFrame } from './model.ts';

const MOST_EXCEPTIONS = 50;
// Comprehensions are frames of their own before Python 3.12 only (PEP 709).
const INLINED = new Set(['<listcomp>', '<dictcomp>', '<setcomp>']);

/**
 * Equal for equal crashes: 16 hexadecimal digits, as docs/crash-record.md defines them; the generated module logs the
 * same ones for exceptions. The empty string where nothing crashed.
 */
export function fingerprint(report: CrashReport): string {
  const exception = report.exceptions.find(({ crashed }) => crashed === true);
  if (exception !== undefined) return hash(fingerprintLines(exception.chain));
  const { signal } = report.process;
  if (signal.number === 0) return '';
  const frames = report.threads.find(({ current }) => current)?.frames ?? [];
  const library = signal.instruction?.library;
  return hash([
    `S ${signal.name}`,
    ...(frames.length > 0
      ? frameLines(frames.toReversed())
      : library === undefined
        ? []
        : [`L ${tail(library)}`]),
  ]);
}

function hash(lines: readonly string[]): string {
  // a half of a surrogate pair has no UTF-8: '?', as Python's "replace" has it
  const text = lines
    .join('\n')
    .replaceAll(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '?');
  return sha256(text).slice(0, 16);
}

/** What is hashed. */
function fingerprintLines(chain: readonly ChainedException[]): string[] {
  const lines: string[] = [];
  const seen = new Set<number>();
  const visit = (index: number): void => {
    const exception = chain[index];
    if (exception === undefined || seen.has(index) || seen.size >= MOST_EXCEPTIONS) return;
    seen.add(index);
    lines.push(`E ${exception.module}.${exception.type}`, ...frameLines(exception.frames));
    const related = (relation: ChainedException['relation']): number[] =>
      chain.flatMap((other, at) =>
        other.relation === relation && (other.of ?? at - 1) === index ? [at] : [],
      );
    for (const member of related('group')) visit(member);
    const [cause] = related('cause');
    const [context] = related('context');
    if (cause !== undefined) visit(cause);
    else if (context !== undefined && chain[context]?.suppressed !== true) visit(context);
  };
  visit(0);
  return lines;
}

function frameLines(frames: readonly ReportedFrame[]): string[] {
  const own = frames.filter((frame) => isApplicationFrame(frame) && !INLINED.has(plainName(frame)));
  const counted = own.length > 0 ? own : frames.slice(-1);
  return [...new Set(counted.map((frame) => `F ${tail(frame.file)}:${plainName(frame)}`))];
}

function tail(file: string): string {
  return file.split('/').slice(-2).join('/');
}

/** `co_name`: Python 3.11 made qualified names known, and the older ones are to be grouped the same. */
function plainName(frame: ReportedFrame): string {
  return frame.function.slice(frame.function.lastIndexOf('.') + 1);
}
