import { readFileSync, writeFileSync } from 'node:fs';
import { UserError, reasonOf } from '../errors.ts';
import type { LocatedFinding } from './check-project.ts';
import { typedCommand } from '../typed-command.ts';

/** The fingerprints of a file that `writeBaseline` wrote; throws a `UserError` where it is no such file. */
export function readBaseline(file: string): ReadonlySet<string> {
  try {
    const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return new Set(entriesOf(document));
  } catch (error) {
    throw new UserError('baseline', `the baseline ${file} cannot be read: ${reasonOf(error)}`, {
      help: `write one with: ${typedCommand('check --write-baseline FILE')}`,
      cause: error,
    });
  }
}

function entriesOf(document: unknown): string[] {
  if (typeof document !== 'object' || document === null || !('findings' in document))
    throw new Error('it has no findings');
  if (!Array.isArray(document.findings)) throw new Error('findings is no list');
  return document.findings.map((entry: unknown) => {
    if (typeof entry === 'object' && entry !== null && 'fingerprint' in entry) {
      if (typeof entry.fingerprint === 'string') return entry.fingerprint;
    }
    throw new Error('a finding has no fingerprint');
  });
}

/** Rule and file are there for people who review the change. */
export function writeBaseline(file: string, findings: readonly LocatedFinding[]): void {
  const document = {
    schemaVersion: 1,
    findings: findings.map(({ rule, at, fingerprint }) => ({ rule, file: at.file, fingerprint })),
  };
  try {
    writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
  } catch (error) {
    throw new UserError('baseline', `the baseline ${file} cannot be written: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
