import type { Project, Span } from '../project/project.ts';
import type { SourceFile } from '../project/readers/text.ts';
import { sha256 } from '../sha256.ts';
import type { Finding, Rule, Target } from './rule.ts';
import { linesOf, silencesOf, UNREASONED, type Silence } from './silence.ts';
import { typedCommand } from '../typed-command.ts';

/** A finding with what the outputs need beside it. */
export interface LocatedFinding extends Finding {
  /** 16 hexadecimal digits that stay the same when the file's other lines move or change. */
  fingerprint: string;
  /** The line that it points at, without its end; absent where the file could not be read. */
  source?: string;
}

export interface CheckResult {
  /** In order of file, line, column, rule. */
  findings: readonly LocatedFinding[];
  /** How many were silenced in the files, and how many the baseline knew. */
  silenced: number;
  known: number;
  /** The rules that ran, in order of their number. */
  rules: readonly Rule[];
}

interface Options {
  rules: readonly Rule[];
  target: Target;
  /** The text of a file of the repository; undefined where it cannot be read. */
  read: (file: string) => SourceFile | undefined;
  /** Fingerprints that are not to be told again. */
  baseline?: ReadonlySet<string>;
}

/** Runs every rule over the project, and leaves out what the files silence and what the baseline knows. */
export function checkProject(project: Project, { rules, target, read, baseline }: Options): CheckResult {
  const found: Finding[] = rules.flatMap((rule) =>
    rule
      .check(project, target)
      .map((finding) => Object.assign(finding, { rule: rule.id, level: finding.level ?? rule.level })),
  );
  const files = [...new Set(found.map(({ at }) => at.file))];
  const sources = files.flatMap((file) => read(file) ?? []);
  const silences = sources.flatMap(silencesOf);
  const told = found.filter(
    ({ rule, at }) =>
      !silences.some(
        (silence) =>
          !silence.misplaced &&
          silence.file === at.file &&
          silence.rules.includes(rule) &&
          covers(silence.lines, at),
      ),
  );
  const silenced = found.length - told.length;
  told.push(...silences.flatMap(faultOf));
  const located = withFingerprints(told.sort(byPlace), sources);
  const findings = located.filter(({ fingerprint }) => baseline?.has(fingerprint) !== true);
  return { findings, silenced, known: located.length - findings.length, rules: [...rules, UNREASONED] };
}

function covers([first, last]: readonly [number, number], at: Span): boolean {
  return at.line >= first && at.line <= last;
}

/** What is wrong with a silence itself. */
function faultOf({ misplaced, reason, at }: Silence): Finding[] {
  const own = { rule: UNREASONED.id, level: UNREASONED.level, confidence: 'high' as const, at };
  if (misplaced) {
    const message = 'a file of this kind has no comments in this place, so nothing is silenced by it';
    const help = `write it alone on the line above; JSON has no comments at all: \`${typedCommand('check --write-baseline FILE')}\``;
    return [{ ...own, message, help }];
  }
  if (reason !== '') return [];
  const message = 'a finding is silenced here without a reason';
  const help =
    'write after the bracket why it does not matter here: `# pycrash: ignore[PYC015] cores are read on the host`';
  return [{ ...own, message, help }];
}

/** The order of every output: it depends on the findings alone. */
function byPlace(a: Finding, b: Finding): number {
  return (
    compare(a.at.file, b.at.file) ||
    a.at.start - b.at.start ||
    a.at.end - b.at.end ||
    compare(a.rule, b.rule) ||
    compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * What identifies a finding is its rule, its file and the text of its line: not the line's number, which changes with
 * every edit above it, and not the message, which changes with our version. Equal ones are counted.
 */
function withFingerprints(findings: readonly Finding[], sources: readonly SourceFile[]): LocatedFinding[] {
  const lines = new Map(sources.map((file) => [file.path, linesOf(file)]));
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const source = lines.get(finding.at.file)?.[finding.at.line - 1]?.text;
    const identity = JSON.stringify([finding.rule, finding.at.file, source?.trim() ?? '']);
    const count = seen.get(identity) ?? 0;
    seen.set(identity, count + 1);
    const fingerprint = sha256(`${identity}${count}`).slice(0, 16);
    return { ...finding, fingerprint, ...(source === undefined ? {} : { source }) };
  });
}
