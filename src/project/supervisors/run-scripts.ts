import type { CoreLimit, RestartPolicy } from '../project.ts';
import type { SourceFile } from '../readers/text.ts';
import { type CommandReader, startedByScript } from '../start-command.ts';
import { folderOf, INHERITED, addServices, type Found, type Supervisor } from './supervisor.ts';

type Kind = 'runit' | 's6' | 'daemontools';

/** Service folders with a `run` script: runit's, s6's (also s6-overlay and s6-rc) and daemontools' are told apart by their looks. */
function runScripts(kind: Kind): Supervisor {
  return {
    name: kind,
    find(reader, found) {
      for (const path of reader.sources.files) {
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
      restart: restartOf(kind, folder, reader),
      coreLimit: limitOf(kind),
    },
    started,
  );
}

/**
 * runsv(8), supervise(8) and s6-supervise start `run` again whenever it ends, however it ends; runsv after a second
 * at the earliest, s6-supervise too. A `down` file keeps it from being started at all.
 * `finish` may stop that: in s6 by exiting with 125 (s6-supervise's documentation), in runit by `sv down`/`exit`;
 * s6-overlay's legacy ones end the container with s6-svscanctl -t.
 */
function restartOf(kind: Kind, folder: string, reader: CommandReader): RestartPolicy {
  const down = reader.sources.read(`${folder}/down`);
  if (down !== undefined) {
    return {
      afterAbort: 'unknown',
      at: down.span(0, 0),
      detail: 'there is a file down: it is started by hand only, and again after it died',
    };
  }
  const finish = reader.sources.read(`${folder}/finish`);
  const stop =
    finish === undefined || kind === 'daemontools'
      ? undefined
      : /\b(?:exit\s+125|s6-svscanctl\s+-\w*t\w*|s6-svc\s+-\w*[dOx]\w*|sv\s+(?:-\w+\s+)*(?:down|exit|stop|force-\w+)|halt|poweroff)\b/.exec(
          finish.text.replace(/^#(?!!).*/gm, (comment) => ' '.repeat(comment.length)),
        );
  if (finish !== undefined && stop !== null && stop !== undefined) {
    return {
      afterAbort: 'unknown',
      at: finish.span(stop.index, stop.index + stop[0].length),
      detail: `finish can end the service for good: ${stop[0]}`,
    };
  }
  return { afterAbort: true, detail: `${kind} starts it again whenever it ends` };
}

function limitOf(kind: Kind): CoreLimit {
  const line = {
    runit: 'ulimit -c unlimited in run (chpst -c takes a number only)',
    s6: 's6-softlimit -c = in run',
    daemontools: 'softlimit -c = in run',
  }[kind];
  return { ...INHERITED, detail: `run sets none, so it is inherited; ${line} raises it` };
}
