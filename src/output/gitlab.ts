import type { Output } from './output.ts';

const SEVERITIES = { error: 'critical', warning: 'major', info: 'info', unknown: 'info' } as const;

/** GitLab's Code Quality report: the part of Code Climate's format that it reads. */
export const gitlab: Output = (result) =>
  `${JSON.stringify(
    result.findings.map((finding) => ({
      description: `${finding.message}. ${finding.help}`,
      check_name: finding.rule,
      fingerprint: finding.fingerprint,
      severity: SEVERITIES[finding.level],
      location: {
        path: finding.at.file,
        lines: { begin: finding.at.line, end: finding.at.endLine },
      },
    })),
    undefined,
    2,
  )}\n`;
