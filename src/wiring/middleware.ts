import { insertFirst } from '../edit/first-element.ts';
import { nextLine } from '../edit/text-style.ts';
import { productionSettings } from '../project/production-settings.ts';
import type { FirstPlace, Note, SettingsModule } from '../project/project.ts';
import { MIDDLEWARE_CLASS, moduleName, type Situation, type Wiring } from './wiring.ts';

/** Puts our middleware class first into MIDDLEWARE of every settings module that production runs with. */
export function wireMiddleware(situation: Situation): Wiring {
  const entry = `${moduleName(situation.application)}.${MIDDLEWARE_CLASS}`;
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  if (situation.application.framework !== 'django') return wiring;
  const places = new Map<string, FirstPlace>();
  const modules = modulesToWire(situation);
  if (modules.length === 0) {
    wiring.impossible.push({
      path: situation.application.packageFolder,
      reason: `no settings module could be read. Make this the first entry of MIDDLEWARE: '${entry}'`,
    });
  }
  for (const settings of modules) {
    const list = settings.middleware;
    const ours = list?.elements.find(({ value }) => value.kind === 'string' && value.value === entry);
    const place = list?.firstPlace;
    if (ours !== undefined) wiring.wishes.push({ kind: 'settings', path: ours.at.file, good: true });
    else if (place === undefined) {
      wiring.impossible.push({
        path: settings.file,
        reason: `${whyNot(settings)}. Make this the first entry of MIDDLEWARE: '${entry}'`,
      });
    } else {
      places.set(`${place.literal.file}:${place.literal.start}`, place);
      wiring.notes.push(...(list?.notes ?? []));
      const note = secondPlace(settings, place, entry);
      if (note !== undefined) wiring.notes.push(note);
    }
  }
  wiring.notes.push(...inOtherModules(situation, modules, places, entry));
  for (const place of places.values()) {
    const { file } = place.literal;
    const text = situation.read(file)?.text;
    if (text === undefined) {
      wiring.impossible.push({ path: file, reason: `${file} cannot be read` });
      continue;
    }
    wiring.notes.push(...otherWantsFirst(text, place));
    wiring.wishes.push({ kind: 'settings', path: file, insertions: [insertFirst(text, place, entry)] });
  }
  return wiring;
}

function secondPlace(settings: SettingsModule, place: FirstPlace, entry: string): Note | undefined {
  if (place.effective) return undefined;
  return {
    code: 'not-first',
    message:
      `${entry} will not be the first entry of MIDDLEWARE in ${settings.module}: ` +
      `${place.reason ?? 'something is put in front of it later'}. It sees the same crashes there, ` +
      'but not one in the constructor of an entry before it',
    at: place.literal,
  };
}

/**
 * Modules that nothing names and whose name tells nothing may be those of production: said where ours is not first in
 * one of them, or not in it at all.
 */
function inOtherModules(
  { application }: Situation,
  wired: readonly SettingsModule[],
  places: ReadonlyMap<string, FirstPlace>,
  entry: string,
): Note[] {
  return application.settings.flatMap((settings) => {
    const place = settings.middleware?.firstPlace;
    if (wired.includes(settings) || settings.role === 'development' || settings.role === 'test') return [];
    if (place === undefined) return [];
    const { literal } = place;
    if (places.has(`${literal.file}:${literal.start}`)) return secondPlace(settings, place, entry) ?? [];
    // the first of the entries that ours will stand before, or ours itself
    const index = (settings.middleware?.elements ?? []).findIndex(
      ({ value, at }) =>
        (value.kind === 'string' && value.value === entry) ||
        [...places.values()].some(
          (one) => one.literal.file === at.file && one.literal.start <= at.start && at.end <= one.literal.end,
        ),
    );
    if (index === 0) return [];
    const what =
      index > 0
        ? `ours comes after ${settings.module}'s own first entries of MIDDLEWARE`
        : `${settings.module} has a MIDDLEWARE of its own, without ours`;
    return [
      {
        code: index > 0 ? 'not-first' : 'other-settings',
        message: `${what}: if production runs with it, --settings ${settings.module} wires it`,
        at: literal,
      },
    ];
  });
}

/** Middleware whose documentation asks for the first place. */
const WANT_FIRST =
  /django_prometheus\.middleware\.PrometheusBeforeMiddleware|django_guid\.middleware\.\w+|RequestMetricsMiddleware/;

/** The entry that was first until now may have a claim to that, in a comment or by its documentation. */
function otherWantsFirst(text: string, { literal, firstElement }: FirstPlace): Note[] {
  if (firstElement === undefined) return [];
  const end = nextLine(text, firstElement.end);
  const comments = text.slice(literal.start, Math.min(end, literal.end)).match(/#[^\r\n]*/g) ?? [];
  const claim = comments.find((comment) =>
    /\b(first|top|topmost|beginning|before (all|any|every))\b/i.test(comment),
  );
  const element = text.slice(firstElement.start, firstElement.end);
  if (claim === undefined && !WANT_FIRST.test(element)) return [];
  return [
    {
      code: 'other-wants-first',
      message:
        `${element} was first${claim === undefined ? ' and is meant to be' : ` (${claim})`}. Ours takes itself out of ` +
        'the chain at start-up, so that entry stays the first of those that run; swap the two if you like',
      at: firstElement,
    },
  ];
}

function whyNot(settings: SettingsModule): string {
  const notes = [...(settings.middleware?.notes ?? []), ...settings.notes];
  const reason = notes.map(({ message, at }) =>
    at === undefined ? message : `${message} (${at.file}:${at.line})`,
  );
  if (reason.length > 0) return reason.join('; ');
  return settings.middleware === undefined
    ? `${settings.file} has no MIDDLEWARE`
    : `MIDDLEWARE of ${settings.file} is not a list or tuple that can be edited`;
}

/** The settings modules to wire: the one that was asked for, else those of production. */
export function modulesToWire({ application, settings: wanted }: Situation): readonly SettingsModule[] {
  if (wanted !== undefined) return application.settings.filter(({ module }) => module === wanted);
  return productionSettings(application);
}
