import type { Crash } from '../store/crash-index.ts';
import { meant, type Action } from './actions.ts';
import { shownTime } from './list.ts';
import { table } from './table.ts';

interface Group {
  fingerprint: string;
  title: string;
  crashes: number;
  hosts: number;
  firstSeen: string;
  lastSeen: string;
  firstRelease: string | null;
}

/** `top`: the crashes by fingerprint, the most frequent first. */
export const top: Action = async (context) => {
  const { terminal, words, store } = context;
  const groups = grouped(await meant(context, words));
  if (terminal.options.json)
    terminal.document({ schemaVersion: 1, store: store.address, fingerprints: groups });
  else if (groups.length === 0) terminal.say(`no such crash in ${store.address}`);
  else
    terminal.out(
      table(
        ['CRASHES', 'HOSTS', 'FIRST SEEN', 'LAST SEEN', 'RELEASE', 'FINGERPRINT', 'CRASH'],
        groups.map((group) => [
          String(group.crashes),
          String(group.hosts),
          shownTime(group.firstSeen),
          shownTime(group.lastSeen),
          group.firstRelease ?? '-',
          group.fingerprint === '' ? '-' : group.fingerprint,
          group.title,
        ]),
      ),
    );
  return 0;
};

/** `crashes` are in the order of their times. */
function grouped(crashes: readonly Crash[]): Group[] {
  const byFingerprint = new Map<string, Crash[]>();
  for (const crash of crashes) {
    const others = byFingerprint.get(crash.fingerprint);
    if (others === undefined) byFingerprint.set(crash.fingerprint, [crash]);
    else others.push(crash);
  }
  return [...byFingerprint]
    .map(([fingerprint, all]) => {
      const firstRelease = all.find(({ release }) => release !== undefined)?.release;
      return {
        fingerprint,
        title: all.at(-1)?.title ?? '',
        crashes: all.length,
        hosts: new Set(all.map(({ host }) => host)).size,
        firstSeen: all[0]?.time ?? '',
        lastSeen: all.at(-1)?.time ?? '',
        firstRelease: firstRelease ?? null,
      };
    })
    .sort((a, b) => b.crashes - a.crashes || (a.lastSeen > b.lastSeen ? -1 : 1));
}
