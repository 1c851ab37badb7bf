import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { descendants, ownPid } from '../../host/processes.ts';
import { readIni, SUPERVISORD, type IniFile } from '../../project/readers/ini.ts';
import { SourceFile } from '../../project/readers/text.ts';
import { movedText } from '../listening.ts';
import { INSIDE, writeOver } from '../private-root.ts';
import { programOfSupervisor, startSupervised, type Setup, type Supervision } from './supervised.ts';
import type { StartableSupervisor } from './supervisor.ts';

const CONFIGURATION = `${INSIDE}/supervisord.conf`;

/** A crash loop of a few seconds is survived; each wait is one second longer than the last. */
const ENOUGH_RETRIES = 10;

const supervision: Supervision = {
  kind: 'supervisord',
  program: 'supervisord',
  package: 'supervisor',
  configure,
  words: (program) => [program, '--nodaemon', '--configuration', CONFIGURATION],
  ready: (setup) => said(setup).includes('supervisord started with pid'),
  mainPid: (setup, first) => {
    const last = events(setup).findLast((event) => event.startsWith('spawned'));
    const own = Number(/ with pid (\d+)/.exec(last ?? '')?.[1]);
    // workers that outlive theirs become children of supervisord as well
    return descendants(first).find(({ pid, parent }) => parent === first && ownPid(pid) === own)?.pid;
  },
  log: ({ request }) => text(join(request.place.reports, 'service.log')),
  failure: (setup, _, down) => {
    const last = events(setup).at(-1);
    if (last === undefined) return undefined;
    if (last.startsWith('gave up')) return `supervisord ${last}${spawnError(setup)}. Look at startretries=`;
    // what is started again is started within a second or two
    return last.startsWith('exited') && down > 5 ? `supervisord ${last}; not started again` : undefined;
  },
  exits: (setup) => Promise.resolve(events(setup).filter((event) => event.startsWith('exited'))),
  restarts: (setup) => {
    const retries = Number(lastKey(readConfiguration(setup), setup.deployment.name, 'startretries') ?? '3');
    // One that ends within startsecs counts, but supervisord may look at it a moment later than that: whether it gives up
    // here is chance (supervisor/supervisord.py, runforever).
    const givesUp =
      retries < ENOUGH_RETRIES
        ? `startretries=${retries}: that many ends within startsecs in a row stop it for good. Write startretries=100`
        : undefined;
    return { pause: 1, crashes: 3, givesUp };
  },
};

/** The project's own program section, or the snippet's, under a real supervisord. */
export const supervisord: StartableSupervisor = {
  name: 'supervisord',
  isHere: () => programOfSupervisor(supervision) !== undefined,
  start: (request) => startSupervised(request, supervision),
};

/**
 * The project's file is included as it is, where it is deployed. A second file comes after it, whose keys win: nothing
 * else is started, and the log is where it can be read.
 */
function configure(setup: Setup): void {
  const { deployment, request } = setup;
  const { place } = request;
  const { file, snippet = '' } = deployment;
  const own =
    file === undefined ? `${INSIDE}/supervisord.d/10-project.conf` : `${deployment.folders.tree}/${file}`;
  if (file === undefined) writeOver(place, own, snippet);
  writeOver(
    place,
    CONFIGURATION,
    `[supervisord]\n[include]\nfiles = ${own} ${INSIDE}/supervisord.d/20-verify.conf\n`,
  );
  writeOver(place, `${INSIDE}/supervisord.d/20-verify.conf`, verifySections(readConfiguration(setup), setup));
}

/** The project's file, or the snippet. */
function readConfiguration({ deployment: { file, snippet = '' }, request }: Setup): IniFile {
  const bytes = file === undefined ? Buffer.from(snippet) : readFileSync(join(request.options.root, file));
  return readIni(new SourceFile(file ?? 'snippet', bytes), SUPERVISORD);
}

/** The value in force of a key of the program. */
function lastKey({ entries }: IniFile, name: string, key: string): string | undefined {
  const program = /^(?:program|fcgi-program):(.+)$/;
  return entries
    .findLast((entry) => program.exec(entry.section ?? '')?.[1]?.trim() === name && entry.key.value === key)
    ?.value.value.replaceAll(/\s*\n\s*/g, ' ');
}

function verifySections(configuration: IniFile, { deployment: { name }, request, port }: Setup): string {
  const lines = [
    '[supervisord]',
    'nodaemon = true',
    `logfile = ${INSIDE}/reports/supervisord.log`,
    'logfile_maxbytes = 0',
    'loglevel = info',
    `pidfile = ${INSIDE}/supervisord.pid`,
    `childlogdir = ${INSIDE}/reports`,
  ];
  for (const { value: section } of configuration.sections) {
    const [, kind, program] = /^(program|fcgi-program|eventlistener):(.+)$/.exec(section) ?? [];
    if (kind === undefined) continue;
    lines.push(`[${section}]`);
    if (program?.trim() !== name) {
      lines.push('autostart = false');
      continue;
    }
    const command = lastKey(configuration, name, 'command');
    if (command !== undefined) lines.push(`command = ${movedText(command, request.target.server, port)}`);
    const { user } = request.options;
    if (user !== undefined) lines.push(`user = ${user}`);
    lines.push('autostart = true', 'redirect_stderr = true', 'stdout_logfile_maxbytes = 0');
    lines.push(`stdout_logfile = ${INSIDE}/reports/service.log`);
  }
  return `${lines.join('\n')}\n`;
}

/** What supervisord itself has said, since it was started the last time. */
function said({ request }: Setup): string {
  const all = text(join(request.place.reports, 'supervisord.log'));
  return all.slice(Math.max(0, all.lastIndexOf('supervisord started with pid')));
}

/** `spawned: …`, `exited: shop (terminated by SIGABRT (core dumped); not expected)`, `gave up: …`, in order. */
function events(setup: Setup): string[] {
  return [...said(setup).matchAll(/\b(?:spawned|exited|gave up|spawnerr): .*/g)].map(([event]) => event);
}

function spawnError(setup: Setup): string {
  const error = events(setup).findLast((event) => event.startsWith('spawnerr'));
  return error === undefined ? '' : ` (${error})`;
}

function text(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
