import { VERSION } from '../version.ts';
import type { Confidence } from '../rules/rule.ts';
import type { Output } from './output.ts';
import { typedCommand } from '../typed-command.ts';

const LEVELS = { error: 'error', warning: 'warning', info: 'note', unknown: 'note' } as const;

/** What GitHub calls the severity of a rule that is not about security (`properties."problem.severity"`). */
const SEVERITIES = { error: 'error', warning: 'warning', info: 'recommendation' } as const;

const PRECISIONS: Record<Confidence, string> = { high: 'very-high', medium: 'medium', low: 'low' };

/**
 * SARIF 2.1.0 (OASIS), with what GitHub code scanning asks for: rules with help, uri from the root, partial fingerprints
 * (github/codeql-action/upload-sarif adds its own, `primaryLocationLineHash`, to them). `pages`: the text of the rules'
 * pages, by their ids, which GitHub shows beside an alert.
 */
export const sarif =
  (pages: Readonly<Record<string, string>>): Output =>
  (result) => {
    const index = new Map(result.rules.map((rule, position) => [rule.id, position]));
    return `${JSON.stringify(
      {
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: [
          {
            tool: {
              driver: {
                name: 'pycrash',
                semanticVersion: VERSION,
                rules: result.rules.map((rule) => ({
                  id: rule.id,
                  name: rule.slug,
                  shortDescription: { text: rule.summary },
                  fullDescription: { text: rule.summary },
                  help: {
                    text: `${rule.summary}. \`${typedCommand(`check --explain ${rule.id}`)}\` tells why, and what to write.`,
                    ...markdownOf(pages[rule.id]),
                  },
                  defaultConfiguration: { level: LEVELS[rule.level] },
                  properties: { tags: ['reliability'], 'problem.severity': SEVERITIES[rule.level] },
                })),
              },
            },
            columnKind: 'utf16CodeUnits',
            originalUriBaseIds: { ROOT: { description: { text: 'the root of the repository' } } },
            results: result.findings.map((finding) => ({
              ruleId: finding.rule,
              ruleIndex: index.get(finding.rule) ?? -1,
              // SARIF has a word for `unknown`: the result is open (3.27.9), and then there is no level
              ...(finding.level === 'unknown'
                ? { kind: 'open', level: 'none' }
                : { kind: 'fail', level: LEVELS[finding.level] }),
              message: { text: `${finding.message}\n${finding.help}` },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: uriOf(finding.at.file), uriBaseId: 'ROOT' },
                    region: {
                      startLine: finding.at.line,
                      startColumn: finding.at.column,
                      endLine: finding.at.endLine,
                      endColumn: finding.at.endColumn,
                    },
                  },
                },
              ],
              partialFingerprints: { 'pycrash/v1': finding.fingerprint },
              properties: { precision: PRECISIONS[finding.confidence] },
            })),
          },
        ],
      },
      undefined,
      2,
    )}\n`;
  };

/** A page without what steers its test, and without links that lead nowhere outside of this repository. */
function markdownOf(page: string | undefined): { markdown?: string } {
  if (page === undefined) return {};
  const text = page.replaceAll(/^<!--.*-->\n+/gm, '').replaceAll(/\[([^\]]+)\]\(\.\.?\/[^)]*\)/g, '$1');
  return { markdown: text };
}

/** A relative reference of RFC 3986: each part of the path escaped by itself. */
function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}
