import { atEnd } from '../../edit/insertion.ts';
import type { Service } from '../../project/project.ts';
import { settingsFileOf, settledBy } from '../../project/supervisors/openrc.ts';
import { render } from '../../templates.ts';
import type { Situation, Wiring } from '../wiring.ts';

/** The conf.d file of a service script that lacks these variables, by default all of them; or the end of one that is there. */
export function renderSettings(name: string, lacking?: ReadonlySet<string>, isEnd = false): string {
  const lacks = (variable: string) => lacking === undefined || lacking.has(variable);
  return render('openrc/conf.d', {
    name,
    isEnd,
    supervisor: lacks('supervisor'),
    coreLimit: lacks('rc_ulimit'),
    respawnDelay: lacks('respawn_delay'),
    respawnMax: lacks('respawn_max'),
    retry: lacks('retry'),
  });
}

/** Those are for supervise-daemon only. */
const OF_SUPERVISE_DAEMON = ['respawn_delay', 'respawn_max', 'retry'];

/**
 * What a service script of OpenRC lacks, in its conf.d file, which the script is read after: nothing that it sets itself
 * can be changed there. supervise-daemon is asked for only where the program is known to stay in the foreground.
 */
export function wireOpenrc(wiring: Wiring, service: Service, { read, ours }: Situation): void {
  const script = read(service.file);
  if (script === undefined) return;
  const path = settingsFileOf(service.file);
  const theirs = ours.has(path) ? undefined : read(path);
  const settled = settledBy(script, theirs);
  const lacking = new Set(
    ['rc_ulimit', 'supervisor', ...OF_SUPERVISE_DAEMON].filter((name) => !settled.has(name)),
  );
  const inForeground =
    /^(?:yes|true|1)$/i.test(settled.get('command_background') ?? '') ||
    settled.has('command_args_background');
  if (lacking.has('supervisor') && (settled.has('start()') || !inForeground)) {
    lacking.delete('supervisor');
    wiring.notes.push({
      code: 'openrc-by-hand',
      message:
        `${service.file} is started by start-stop-daemon, which never looks again. Where the program stays in the ` +
        'foreground, and the script has no start() of its own, write supervisor="supervise-daemon"',
    });
  }
  const supervised = lacking.has('supervisor') || settled.get('supervisor') === 'supervise-daemon';
  if (!supervised) for (const name of OF_SUPERVISE_DAEMON) lacking.delete(name);
  const { name } = service;
  if (theirs === undefined && lacking.size > 0) {
    wiring.wishes.push({ kind: 'units', path, text: renderSettings(name, lacking), others: 'leave' });
  } else if (lacking.size > 0) {
    const end = atEnd(theirs?.text ?? '', renderSettings(name, lacking, true), 1);
    wiring.wishes.push({ kind: 'units', path, insertions: [end] });
  } else if (theirs !== undefined) {
    wiring.wishes.push({ kind: 'units', path, good: true });
  }
}
