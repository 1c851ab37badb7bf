import type { Service } from '../project.ts';
import type { Sources } from '../sources.ts';

/** Names that stand in a program that speaks sd_notify(3), or in the list of what it needs. */
const WORDS = [
  'NOTIFY_SOCKET',
  'WATCHDOG',
  'sd_notify',
  'sdnotify',
  'systemd.daemon',
  'cysystemd',
  'systemd',
];

const PYTHON = WORDS.slice(0, -1);

/** Does systemd wait for messages of this service: that it is ready, or that it still lives? */
export function waitsForNotifications({ unit }: Service): boolean {
  return (
    unit?.entries.some(
      ({ key, value }) => key === 'WatchdogSec' || (key === 'Type' && value.startsWith('notify')),
    ) === true
  );
}

/** Does Python of the tree, or what it requires, have to do with sd_notify(3)? */
export function notifies(sources: Sources): boolean {
  return [...sources.files].some((path) => {
    const isList = /(?:requirements[^/]*\.(?:txt|in)|pyproject\.toml|Pipfile|setup\.(?:py|cfg))$/.test(path);
    if (!isList && !/\.(?:py|sh)$/.test(path)) return false;
    return sources.containing(path, isList ? WORDS : PYTHON) !== undefined;
  });
}
