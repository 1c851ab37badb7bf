import { printable } from '../printable.ts';
import type { Crash } from '../store/crash-index.ts';
import { propertyOf } from '../store/specification.ts';
import { meant, theOne, type Action } from './actions.ts';
import { table } from './table.ts';

const SHORT_ID = 12;

/** `ls`: a line for each crash, the oldest first. */
export const list: Action = async (context) => {
  const { terminal, options, words, store } = context;
  const crashes = await meant(context, words);
  if (terminal.options.json) {
    terminal.document({ schemaVersion: 1, store: store.address, crashes });
    return 0;
  }
  const further = columns(options['columns']);
  if (crashes.length === 0) terminal.say(`no such crash in ${store.address}`);
  else
    terminal.out(
      table(
        ['ID', 'TIME', 'HOST', 'FINGERPRINT', ...further.map((name) => name.toUpperCase()), 'CRASH'],
        crashes.map((crash) =>
          [crash.id.slice(0, SHORT_ID), shownTime(crash.time), crash.host, crash.fingerprint || '-'].concat(
            further.map((name) => propertyOf(crash, name) ?? '-'),
            crash.title,
          ),
        ),
      ),
    );
  return 0;
};

/** `info`: everything that is known of the crashes; exit code 1 where there is none. */
export const info: Action = async (context) => {
  const { terminal, words, store } = context;
  const crashes = await meant(context, words);
  if (terminal.options.json) terminal.document({ schemaVersion: 1, store: store.address, crashes });
  else if (crashes.length > 0) terminal.out(crashes.map(properties).join('\n\n'));
  return crashes.length > 0 ? 0 : 1;
};

/** `report`: the report that was made when the core was collected. */
export const report: Action = async (context) => {
  const { store, terminal } = context;
  const crash = await theOne(context);
  const text = await store.read(terminal.options.json ? crash.report : crash.reportText);
  if (text === undefined) throw new Error(`${crash.report} is missing in ${store.address}`);
  terminal.out(text.toString());
  return 0;
};

/** `count PROPERTY`: how many crashes have which value of it, the most frequent first. */
export const count: Action = async (context) => {
  const { terminal, words, store } = context;
  const [property = 'fingerprint', ...rest] = words;
  const counts = new Map<string, number>();
  for (const crash of await meant(context, rest)) {
    const value = propertyOf(crash, property) ?? 'undefined';
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1));
  if (terminal.options.json) {
    const values = sorted.map(([value, crashes]) => ({ value, crashes }));
    terminal.document({ schemaVersion: 1, store: store.address, property, values });
  } else if (sorted.length > 0)
    terminal.out(
      table(
        ['CRASHES', property.toUpperCase()],
        sorted.map(([value, crashes]) => [String(crashes), value]),
      ),
    );
  return 0;
};

function columns(option: unknown): string[] {
  return typeof option === 'string' ? option.split(',').filter(Boolean) : [];
}

export function shownTime(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')}Z`;
}

function properties({ tags, ...line }: Crash): string {
  const all = [...Object.entries(line).filter(([name]) => name !== 'schemaVersion'), ...Object.entries(tags)];
  const width = Math.max(...all.map(([name]) => name.length));
  return all.map(([name, value]) => `${name.padEnd(width)}  ${printable(String(value))}`).join('\n');
}
