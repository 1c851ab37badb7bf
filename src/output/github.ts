import type { Output } from './output.ts';

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice', unknown: 'notice' } as const;

/**
 * Workflow commands that GitHub shows as annotations, one a finding.
 * Escapes as in toolkit/packages/core/src/command.ts (escapeData, escapeProperty): a raw line end would end the command
 * and let text of the repository begin another one.
 */
export const github: Output = (result) =>
  result.findings
    .map(({ level, at, rule, message, help }) => {
      const properties = Object.entries({
        file: at.file,
        line: at.line,
        endLine: at.endLine,
        // GitHub refuses columns where the lines differ
        ...(at.line === at.endLine ? { col: at.column, endColumn: at.endColumn } : {}),
        title: level === 'unknown' ? `${rule} (unknown)` : rule,
      });
      const listed = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(',');
      return `::${COMMANDS[level]} ${listed}::${escapeData(`${message}\n${help}`)}\n`;
    })
    .join('');

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
