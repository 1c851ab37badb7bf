import type { Command } from 'commander';
import { resolve } from 'node:path';
import { checkCollect, checksText } from '../collect/check.ts';
import { collect, type CollectOptions } from '../collect/collect.ts';
import { collectedText } from '../collect/collected-text.ts';
import type { SpoolLimits } from '../collect/spool-limits.ts';
import { durationOf } from '../store/specification.ts';
import { sizeOf } from '../systemd-size.ts';
import { spoolFolder } from '../collect/spool.ts';
import { usageError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from './command.ts';

export function define(command: Command): void {
  command
    .argument('[paths...]', 'cores, or directories that the kernel puts cores in')
    .option('--to <address>', 'send them to this store: s3://BUCKET/PREFIX, or a directory')
    .option('--spool <dir>', 'where they are kept until they are sent (root: /var/lib/pycrash)')
    .option(
      '--recipient <key>',
      'encrypt the cores to this age recipient, or those of a file; can be repeated',
      (key: string, others: string[]) => [...others, key],
      [],
    )
    .option('--cores-per-fingerprint <n>', 'keep only so many cores of equal crashes, and the report of each')
    .option(
      '--fleet-cores <n>',
      'send only so many cores of equal crashes of a release from all hosts together, and the report of each',
    )
    .option('--spool-bytes <size>', 'give cores up that could not be sent, beyond that size in all: 20G')
    .option('--min-free <size>', 'the same while less is free on the disk of the spool')
    .option('--max-age <time>', 'give cores up that could not be sent for so long: 30d')
    .option('--keep', 'leave the cores where they are')
    .option('--check', 'collect nothing: try whether spool, recipients and store are ready for a crash')
    .addHelpText(
      'after',
      `
A core is removed from its place once the compressed copy in the spool has been read back and compared. Without paths,
what is in the spool is sent.

Examples:
  pycrash collect /var/crash --to s3://crashes/shop
  pycrash collect core.1234 --keep
  pycrash collect /var/crash --to s3://crashes/shop --check
  pycrash collect /var/crash --to s3://crashes/shop --recipient age1…
  AWS_ENDPOINT_URL=https://minio.example.com pycrash collect --to s3://crashes/shop`,
    );
}

export async function run(
  terminal: Terminal,
  [paths]: readonly unknown[],
  {
    to,
    spool,
    keep,
    recipient,
    coresPerFingerprint,
    fleetCores,
    check,
    ...limits
  }: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const options = {
    paths: Array.isArray(paths) ? paths.map(String) : [],
    spool: spoolFolder(spool, terminal.options.cwd),
    to: typeof to === 'string' ? to : undefined,
    keep: keep === true,
    mostCores: mostCores('--cores-per-fingerprint', coresPerFingerprint),
    fleetCores: mostCores('--fleet-cores', fleetCores),
    spoolLimits: spoolLimits(limits),
    recipients: Array.isArray(recipient) ? recipient.map((key) => recipientAt(String(key), terminal)) : [],
  };
  if (check === true) return checked(options, terminal);
  const result = await collect(options, terminal);
  if (terminal.options.json) terminal.document(result);
  else terminal.out(collectedText(result));
  const failed = result.cores.some(({ outcome }) => outcome === 'failed');
  return failed || result.notShipped.length > 0 ? 3 : 0;
}

async function checked(options: CollectOptions, terminal: Terminal): Promise<ExitCode> {
  const checks = await checkCollect(options, terminal);
  if (terminal.options.json) terminal.document({ schemaVersion: 1, checks });
  else terminal.out(checksText(checks, terminal));
  return checks.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
}

/** A file of recipients is named from `--cwd`. */
function recipientAt(key: string, { options: { cwd } }: Terminal): string {
  return key.startsWith('age1') ? key : resolve(cwd, key);
}

function given<R>(name: string, value: unknown, read: (text: string) => R | undefined): R | undefined {
  if (value === undefined) return undefined;
  const result = read(String(value));
  if (result === undefined)
    throw usageError(`${name} ${String(value)} cannot be read`, 'Such as 500M or 20G; 12h or 30d.');
  return result;
}

function spoolLimits({ spoolBytes, minFree, maxAge }: Readonly<Record<string, unknown>>): SpoolLimits {
  const bytes = given('--spool-bytes', spoolBytes, sizeOf);
  const free = given('--min-free', minFree, sizeOf);
  const age = given('--max-age', maxAge, durationOf);
  return {
    ...(bytes === undefined ? {} : { bytes }),
    ...(free === undefined ? {} : { free }),
    ...(age === undefined ? {} : { age }),
  };
}

function mostCores(name: string, option: unknown): number | undefined {
  if (option === undefined) return undefined;
  if (!/^\d{1,6}$/.test(String(option))) throw usageError(`${name} ${String(option)} is no number of cores`);
  return Number(option);
}
