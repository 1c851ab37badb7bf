import { VERSION } from '../version.ts';
import type { Output } from './output.ts';
import { summaryOf } from './output.ts';

/** The document of src/schemas/check.schema.json. */
export const json: Output = (result) =>
  `${JSON.stringify(
    {
      schemaVersion: 1,
      tool: { name: 'pycrash', version: VERSION },
      summary: { ...summaryOf(result), silenced: result.silenced, baseline: result.known },
      findings: result.findings.map((finding) => ({
        rule: finding.rule,
        level: finding.level,
        confidence: finding.confidence,
        message: finding.message,
        help: finding.help,
        file: finding.at.file,
        line: finding.at.line,
        column: finding.at.column,
        endLine: finding.at.endLine,
        endColumn: finding.at.endColumn,
        fixable: finding.fix !== undefined,
        fingerprint: finding.fingerprint,
      })),
    },
    undefined,
    2,
  )}\n`;
