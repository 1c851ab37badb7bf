import type { CoreLimit, RestartPolicy, StopPolicy } from '../project.ts';
import { readShell, type ShellCommand } from '../readers/shell.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, startedByScript } from '../start-command.ts';
import { folderOf, INHERITED, addServices, type Found, type Supervisor } from './supervisor.ts';

type Kind = 'runit' | 's6' | 'daemontools';

/** Service folders with a `run` script: runit's, s6's (also s6-overlay and s6-rc) and daemontools' are told apart by their looks. */
function runScripts(kind: Kind): Supervisor {
  return {
    name: kind,
    find(reader, found) {
      for (const path of reader.sources.besidesPython) {
        if (!/(?:^|\/)run(?:\.(?:j2|tmpl|tpl|in|sh))?$/.test(path) || /(?:^|\/)log\/run$/.test(path))
          continue;
        const file = reader.sources.read(path);
        if (file === undefined || !file.text.startsWith('#!') || kindOf(file) !== kind) continue;
        readServiceFolder(kind, file, reader, found);
      }
    },
  };
}

export const runit: Supervisor = runScripts('runit');
export const s6: Supervisor = runScripts('s6');
export const daemontools: Supervisor = runScripts('daemontools');

function kindOf(file: SourceFile): Kind | undefined {
  const { path, text } = file;
  if (
    /s6/.test(path) ||
    /(?:^|\/)services\.d\//.test(path) ||
    /\b(?:s6-\w+|with-contenv|execlineb)\b/.test(text)
  ) {
    return 's6';
  }
  if (/runit|(?:^|\/)sv\//.test(path) || /\b(?:chpst|runsv|svlogd)\b/.test(text)) return 'runit';
  if (
    /daemontools/.test(path) ||
    /\b(?:setuidgid|softlimit|envuidgid|multilog|fghack|pgrphack)\b/.test(text)
  ) {
    return 'daemontools';
  }
  // `/etc/service/NAME/run` is runit's place in Debian and in the images that are made from it
  return /(?:^|\/)(?:service|services)\/[^/]+\/run/.test(path) ? 'runit' : undefined;
}

function readServiceFolder(kind: Kind, file: SourceFile, reader: CommandReader, found: Found): void {
  const folder = folderOf(file.path);
  // s6-rc: a oneshot is no service
  const type = reader.sources.read(`${folder}/type`)?.text.trim();
  if (type !== undefined && type !== 'longrun') return;
  const started = startedByScript(file, { reader, environment: new Map(), folder: '' });
  addServices(
    found,
    {
      name: folder.slice(folder.lastIndexOf('/') + 1),
      supervisor: kind,
      file: file.path,
      restart: restartOf(kind, folder, reader, type !== undefined),
      stop: stopOf(kind, folder, reader),
      coreLimit: limitOf(kind),
    },
    started,
  );
}

/**
 * runsv(8), supervise(8) and s6-supervise start `run` again whenever it ends, however it ends; runsv after a second
 * at the earliest, s6-supervise too. A `down` file keeps it from being started at first (not in the source of s6-rc).
 * `finish` may stop that: in s6 by exiting with 125 (s6-supervise's documentation), in runit by `sv down`/`exit`;
 * s6-overlay's legacy ones end the container with s6-svscanctl -t. daemontools has no `finish`.
 */
function restartOf(kind: Kind, folder: string, reader: CommandReader, isSource: boolean): RestartPolicy {
  const down = isSource ? undefined : reader.sources.read(`${folder}/down`);
  const byHand = down === undefined ? {} : { byHand: { value: 'the file down', at: down.span(0, 0) } };
  const again: RestartPolicy = {
    afterAbort: true,
    detail: `${kind} starts it again whenever it ends`,
    ...byHand,
  };
  const finish = kind === 'daemontools' ? undefined : reader.sources.read(`${folder}/finish`);
  if (finish === undefined) return again;
  // the same length, so that places hold
  const text = finish.text.replace(/^#(?!!).*/gm, (comment) => ' '.repeat(comment.length));
  const permanent = /^\s*s6-permafailon\s+(\S+)\s+(\d+)\s+(\S+)/m.exec(text);
  if (kind === 's6' && permanent !== null) {
    const [whole, seconds = '', deaths = '', events = ''] = permanent;
    const at = finish.span(permanent.index, permanent.index + whole.length);
    // s6-permafailon: names of signals and exit codes, with commas and ranges
    return /SIGABRT/i.test(events)
      ? {
          ...again,
          leavesDown: { at, detail: `${deaths} deaths by ${events} within ${seconds} s end it for good` },
        }
      : again;
  }
  const stop = STOPS[kind].exec(text);
  if (stop === null) return again;
  const always = isReached(text, stop.index);
  return {
    afterAbort: always ? false : 'unknown',
    at: finish.span(stop.index, stop.index + stop[0].length),
    detail: `finish ${always ? 'ends' : 'can end'} the service for good: ${stop[0]}`,
    ...byHand,
  };
}

const STOPS = {
  s6: /\bexit\s+125\b|\bs6-svscanctl\s+-\w*t\w*|\bs6-svc\s+-\w*[dOx]\w*|\b(?:halt|poweroff)\b/,
  runit: /\bsv\s+(?:-\w+\s+)*(?:d|e|x|down|exit|stop|force-\w+)\b|\b(?:halt|poweroff)\b/,
  daemontools: /(?!)/,
} satisfies Record<Kind, RegExp>;

/** Is the command at `index` of a shell script run whatever happens? */
function isReached(text: string, index: number): boolean {
  if (/^#!.*execlineb/.test(text)) return false;
  const commands = readShell(text);
  const position = commands.findIndex(({ start, end }) => start <= index && index < end);
  const command = commands[position];
  if (command === undefined || command.depth > 0 || command.inFunction !== undefined) return false;
  const before = commands.slice(0, position);
  const isFree = before.at(-1)?.joint !== 'and' && before.at(-1)?.joint !== 'or';
  return isFree && !before.some((one) => isExit(text, one));
}

function isExit(text: string, { start, end }: ShellCommand): boolean {
  return /^(?:exit|exec|return)\b/.test(text.slice(start, end));
}

/** They signal the process that `run` has become; s6 sends what the file `down-signal` says. */
function stopOf(kind: Kind, folder: string, reader: CommandReader): StopPolicy {
  const file = kind === 's6' ? reader.sources.read(`${folder}/down-signal`) : undefined;
  const signal = file?.text.trim();
  return {
    reaches: 'process',
    ...(file === undefined || signal === undefined || signal === ''
      ? {}
      : { signal: { value: signal, at: file.span(0, signal.length) } }),
  };
}

function limitOf(kind: Kind): CoreLimit {
  const line = {
    runit: 'ulimit -c unlimited in run (chpst -c takes a number only)',
    s6: 's6-softlimit -c = in run',
    daemontools: 'softlimit -c = in run',
  }[kind];
  return { ...INHERITED, detail: `run sets none, so it is inherited; ${line} raises it` };
}
