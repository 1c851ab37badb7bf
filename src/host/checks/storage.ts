import { existsSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { APPORT_CORES } from '../apport.ts';
import { readCoredumpConf } from '../coredump-conf.ts';
import type { CorePattern } from '../core-pattern.ts';
import { hostCheck, type HostCheck } from '../host-check.ts';
import { typedCommand } from '../../typed-command.ts';

const SYSTEMD_COREDUMP_FOLDER = '/var/lib/systemd/coredump';

/** Bytes with a binary unit, as people read them: `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const exponent = Math.min(bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${Number((bytes / 2 ** (10 * exponent)).toFixed(1))} ${units[exponent] ?? ''}`;
}

/** Checks of coredump.conf as it is in force; none where systemd-coredump does not get the cores. */
export function coredumpConfChecks(
  pattern: CorePattern,
  systemdVersion: () => number | undefined,
  root = '',
): HostCheck[] {
  if (pattern.kind !== 'pipe' || pattern.handler !== 'systemd-coredump') return [];
  const conf = readCoredumpConf(systemdVersion(), root);
  const from = conf.files.length === 0 ? 'by default' : `by ${conf.files.join(', ')} and the defaults`;
  const checks: HostCheck[] = [];
  if (conf.storage === 'none') {
    checks.push(
      hostCheck(
        'host',
        'coredump-conf',
        'bad',
        `Storage=none is in force ${from}`,
        'systemd-coredump then logs the crash and throws the core away (coredump.conf(5)).',
        dropIn('Storage=external'),
      ),
    );
  } else {
    const shown = `Storage=${conf.storage}, ExternalSizeMax=${formatLimit(conf.externalSizeMax)}`;
    checks.push(hostCheck('host', 'coredump-conf', 'good', `${shown} ${from}`));
  }
  const kept = Math.min(conf.processSizeMax, conf.externalSizeMax);
  if (conf.storage !== 'none' && kept < totalmem()) {
    checks.push(
      hostCheck(
        'host',
        'coredump-size',
        kept < 2 ** 30 ? 'bad' : 'unknown',
        `cores over ${formatLimit(kept)} are cut off or not kept; this machine has ${formatBytes(totalmem())} of memory`,
        'A core that is cut off has lost its stacks: they lie at the highest addresses and are written last.',
        dropIn('ProcessSizeMax=infinity\\nExternalSizeMax=infinity'),
      ),
    );
  }
  for (const key of conf.unknownKeys) {
    checks.push(
      hostCheck(
        'host',
        'coredump-conf-key',
        'bad',
        `${key} is not a key of coredump.conf(5)`,
        'systemd ignores it with a warning in the journal.',
        'systemd-analyze cat-config systemd/coredump.conf',
      ),
    );
  }
  return checks;
}

/**
 * Is there room for `count` cores of `bytes` each where cores go? `path` is where the folder is seen from here.
 * Undefined: nothing can be said.
 */
export function spaceCheck(
  folder: string | undefined,
  path: string | undefined,
  bytes: number,
  count: number,
  subject: string,
): HostCheck[] {
  if (folder === undefined || path === undefined || !existsSync(path)) return [];
  const { bavail, bsize, files, ffree } = statfsSync(path);
  const free = bavail * bsize;
  const needed = bytes * count;
  const inodes = files === 0 || ffree >= count;
  const detail = inodes
    ? `${formatBytes(free)} free in ${folder}, ${formatBytes(needed)} needed for ${count === 1 ? 'one core' : `${count} cores`}`
    : `no inodes left in ${folder}`;
  if (free >= needed && inodes) return [hostCheck(subject, 'disk-space', 'good', detail)];
  const why = 'A core that does not fit is cut off without a word.';
  return [
    hostCheck(subject, 'disk-space', 'bad', detail, why, `df -h ${path}; ${typedCommand(`collect ${path}`)}`),
  ];
}

/** The folder that cores go to by this pattern, for a process with that working directory. */
export function coreFolder(pattern: CorePattern, workingDirectory: string | undefined): string | undefined {
  if (pattern.kind === 'pipe') {
    if (pattern.handler === 'apport') return APPORT_CORES;
    return pattern.handler === 'systemd-coredump' ? SYSTEMD_COREDUMP_FOLDER : undefined;
  }
  if (pattern.kind !== 'file') return workingDirectory;
  if (pattern.absolute) return pattern.template.slice(0, pattern.template.lastIndexOf('/')) || '/';
  const within = pattern.template.includes('/')
    ? `/${pattern.template.slice(0, pattern.template.lastIndexOf('/'))}`
    : '';
  return workingDirectory === undefined ? undefined : `${workingDirectory}${within}`;
}

function formatLimit(bytes: number): string {
  return bytes === Infinity ? 'infinity' : formatBytes(bytes);
}

function dropIn(lines: string): string {
  const folder = '/etc/systemd/coredump.conf.d';
  return `mkdir -p ${folder} && printf '[Coredump]\\n${lines}\\n' > ${folder}/50-pycrash.conf`;
}
