import type { LocatedFinding } from '../rules/check-project.ts';
import type { Output } from './output.ts';

interface Case {
  name: string;
  /** Absent where the rule has no finding. */
  file: string | undefined;
  findings: readonly LocatedFinding[];
}

/**
 * One test case a rule and file with findings, and one passed test case for each rule without: what CI systems read
 * (the format has no standard; these are the elements that Jenkins, GitLab and GitHub reporters share, and no attribute
 * that Jenkins' junit-10.xsd does not know).
 * Only errors and warnings are failures.
 */
export const junit: Output = (result) => {
  const cases = result.rules.flatMap((rule): Case[] => {
    const own = result.findings.filter((finding) => finding.rule === rule.id);
    const name = `${rule.id} ${rule.slug}`;
    if (own.length === 0) return [{ name, file: undefined, findings: own }];
    return [...new Set(own.map(({ at }) => at.file))].map((file) => ({
      name,
      file,
      findings: own.filter(({ at }) => at.file === file),
    }));
  });
  const failed = cases.filter(({ findings }) => findings.some(isFailure)).length;
  const body = cases.map(({ name, file, findings }) => {
    const place = file === undefined ? '' : ` file="${attribute(file)}" line="${findings[0]?.at.line ?? 1}"`;
    const open = `    <testcase classname="pycrash" name="${attribute(file === undefined ? name : `${name} in ${file}`)}"${place} time="0"`;
    if (findings.length === 0) return `${open}/>\n`;
    const failures = findings.filter(isFailure);
    const told = findings.filter((finding) => !isFailure(finding));
    const lines: string[] = [];
    const [first] = failures;
    if (first !== undefined) {
      lines.push(
        `      <failure type="${first.level}" message="${attribute(first.message)}">${text(failures.map(describe).join('\n\n'))}</failure>\n`,
      );
    }
    if (told.length > 0)
      lines.push(`      <system-out>${text(told.map(describe).join('\n\n'))}</system-out>\n`);
    return `${open}>\n${lines.join('')}    </testcase>\n`;
  });
  const counts = `tests="${cases.length}" failures="${failed}" errors="0" time="0"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pycrash check" ${counts}>\n  <testsuite name="pycrash check" ${counts} skipped="0">\n${body.join('')}  </testsuite>\n</testsuites>\n`;
};

function isFailure({ level }: LocatedFinding): boolean {
  return level === 'error' || level === 'warning';
}

function describe({ at, level, message, help }: LocatedFinding): string {
  return `${at.file}:${at.line}:${at.column}: ${level}: ${message}\n${help}`;
}

/** XML 1.0 has no way at all to write most control characters, nor halves of surrogate pairs (section 2.2). */
function text(value: string): string {
  return value
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

function attribute(value: string): string {
  return text(value).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}
