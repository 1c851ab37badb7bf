import { filesNamed, isNamed, type Row } from './table.ts';

/** What CPython made of MIDDLEWARE after init, by the name of the module (or `module:Class`). */
export interface OracleAnswer {
  name: string;
  /** Of production, as far as the name tells: the others are not judged. */
  production: boolean;
  /** The entries, `<unknown>` for those that are not in the repository. */
  middleware?: readonly string[];
  /** Files of the repository that were imported for it. */
  files?: readonly string[];
  unjudged?: string;
}

/** What CPython got when it loaded what a server is told to load, after init. */
export interface LoadedApplication {
  /** e.g. `shop.app:create_app()`. */
  name: string;
  /** Was it, or a part of it, given to one of the functions of the generated module? */
  watched?: boolean;
  unjudged?: string;
}

/** What init said of the repository. */
export interface Said {
  code: string;
  message: string;
  file?: string;
}

/** What was seen while init, check, init and remove ran over a copy. */
export interface Observation {
  name: string;
  /** Of the first init. */
  exitCode: number;
  /** What init said of the repository, one text each: notes with their code, reasons, stderr. */
  said: readonly string[];
  /** The notes of those. */
  notes: readonly Said[];
  /** The entry that init put into MIDDLEWARE and the files it stands in. */
  entry?: string;
  settingsEdits: readonly string[];
  /** Python files that init edited otherwise. */
  otherEdits: readonly string[];
  /** What makes the repository worse than before: crashes, unparsable files, what `remove` left. */
  broken: readonly string[];
  oracle: readonly OracleAnswer[];
  loaded: readonly LoadedApplication[];
  milliseconds: number;
}

export type Verdict = 'right' | 'wrong' | 'silent wrong' | 'broken' | 'unjudged';

export interface Judgement {
  verdict: Verdict;
  reasons: readonly string[];
}

/** A word of init about each of these has to be there, or the row is wrong. */
const REASONS = new Map([
  ['later-prepend', /^not-first\b/],
  ['other-wants-first', /^(other-wants-first|not-first)\b/],
  ['index-shift', /^index-shift\b/],
  [
    'may-be-overridden',
    /^(outside-tree|merged-configuration|may-be-changed|dynamic-names|not-first|unknown-\w+)\b/,
  ],
]);

/** Notes that own up to a place other than the first, or to no place, in the module or the file that they name. */
const OWNS_UP =
  /^(not-first|other-settings|settings-by-hand|no-middleware|settings-not-there|unknown-entries|merged-configuration|may-be-changed|dynamic-names|loop|runs-text|outside-tree)$/;

/** Judges one repository; without a row, only what must hold of every repository. */
export function judge(row: Row | undefined, seen: Observation): Judgement {
  if (seen.broken.length > 0) return { verdict: 'broken', reasons: seen.broken };
  const silent = silentWrongs(seen);
  if (silent.length > 0) return { verdict: 'silent wrong', reasons: silent };
  const bare = seen.loaded.flatMap(({ name, watched }) =>
    watched === false ? [`${name} is loaded unwatched`] : [],
  );
  const wrong = [...(row === undefined ? [] : wrongs(row, seen)), ...bare];
  if (wrong.length > 0) return { verdict: 'wrong', reasons: wrong };
  if (seen.settingsEdits.length > 0) {
    const judged = seen.oracle.filter((answer) => answer.production && answer.middleware !== undefined);
    if (judged.length === 0) {
      return {
        verdict: 'unjudged',
        reasons: seen.oracle.map((answer) => `${answer.name}: ${answer.unjudged ?? 'not for production'}`),
      };
    }
  } else if (seen.otherEdits.length > 0 && seen.loaded.length > 0) {
    if (seen.loaded.some(({ watched }) => watched !== undefined)) return { verdict: 'right', reasons: [] };
    return {
      verdict: 'unjudged',
      reasons: seen.loaded.map(({ name, unjudged }) => `${name}: ${unjudged ?? ''}`),
    };
  } else if (row === undefined && seen.otherEdits.length === 0) {
    return {
      verdict: 'unjudged',
      reasons: ['nothing was edited, and there is no row that says whether that is right'],
    };
  }
  return { verdict: 'right', reasons: [] };
}

/**
 * Where the oracle sees our entry in another place than the first, or not at all, and init said no word about that
 * settings module; and applications that a server gets as they were.
 */
function silentWrongs(seen: Observation): string[] {
  const bare = seen.loaded.filter(({ watched }) => watched === false);
  const found = bare
    .filter(
      ({ name }) => !seen.said.some((text) => text.includes(name.replace(/:.*$/, '').replaceAll('.', '/'))),
    )
    .map(({ name }) => `CPython loads ${name}, which nothing of ours was given`);
  const { entry } = seen;
  if (entry === undefined) return found;
  for (const answer of seen.oracle) {
    if (!answer.production || answer.middleware === undefined || answer.middleware[0] === entry) continue;
    const at = answer.middleware.indexOf(entry);
    const before = answer.middleware.slice(0, Math.max(at, 0));
    if (seen.notes.some((note) => ownsUp(note, answer, at < 0 ? undefined : before))) continue;
    found.push(
      at < 0
        ? `CPython finds no entry of ours in MIDDLEWARE of ${answer.name}`
        : `CPython finds ours at place ${at + 1} in ${answer.name}, after ${before.at(-1)}`,
    );
  }
  return found;
}

/** Is the note about this module, and about each entry that comes before ours? */
function ownsUp(note: Said, answer: OracleAnswer, before: readonly string[] | undefined): boolean {
  if (!OWNS_UP.test(note.code)) return false;
  const module = answer.name.split(':')[0] ?? '';
  const names = new RegExp(String.raw`(?<![\w.])${module.replaceAll('.', String.raw`\.`)}(?![\w.]*\w)`).test(
    note.message,
  );
  if (note.code !== 'not-first') {
    const file = note.file ?? answer.files?.find((one) => note.message.includes(one));
    return names || (file !== undefined && answer.files?.includes(file) === true);
  }
  const all = /unknown entries|own first entries|the list is only used/.test(note.message);
  return (
    names &&
    before !== undefined &&
    (all || before.every((one) => one === '<unknown>' || note.message.includes(one)))
  );
}

function wrongs(row: Row, seen: Observation): string[] {
  const edits = [...seen.settingsEdits, ...seen.otherEdits];
  const nothing = edits.length === 0 ? [] : [`${edits.join(', ')} edited, where there is nothing to edit`];
  switch (row.verdict) {
    case 'refuse':
      return seen.said.some((text) => /MIDDLEWARE_CLASSES|Python 2/.test(text))
        ? nothing
        : [...nothing, 'not refused because of MIDDLEWARE_CLASSES or Python 2'];
    case 'no-place':
    case 'not-application':
      return seen.said.length > 0 ? nothing : [...nothing, 'not a word why there is nothing to do'];
    case 'wrap-app':
      return wrongWrapping(row, seen);
    default:
      return wrongSettings(row, seen);
  }
}

/** The row's application object is to be wrapped by an edit, or what to paste where is to be said. */
function wrongWrapping(row: Row, seen: Observation): string[] {
  const names = [...filesNamed(row.expectedFirst), ...filesNamed(row.entry)];
  if (seen.otherEdits.some((file) => isNamed(file, names))) return [];
  if (seen.said.some((text) => /wrap_(wsgi|asgi)/.test(text))) return [];
  return [
    seen.otherEdits.length === 0
      ? 'no application was wrapped, and what to paste where is not said'
      : `${seen.otherEdits.join(', ')} edited, none of which the row names`,
  ];
}

function wrongSettings(row: Row, seen: Observation): string[] {
  const found: string[] = [];
  if (seen.settingsEdits.length === 0) {
    // without a literal in the repository, or in a template of one, a clear word is as good as an edit
    const byHand = /^(settings-by-hand|no-middleware|manual)\b/;
    const refusable = /\b(extern|template)\b/.test(row.form);
    if (refusable && seen.said.some((text) => byHand.test(text) || /template/.test(text))) return [];
    return [`no settings file was edited (exit ${seen.exitCode})`];
  }
  const names = [...filesNamed(row.settingsFile), ...filesNamed(row.expectedFirst)];
  for (const file of seen.settingsEdits) {
    if (!isNamed(file, names)) found.push(`${file} was edited, which the row does not name`);
  }
  const reason = REASONS.get(row.verdict);
  const judged = seen.oracle.filter((answer) => answer.production && answer.middleware !== undefined);
  const first = judged.length > 0 && judged.every((answer) => answer.middleware?.[0] === seen.entry);
  const said = reason === undefined || seen.said.some((text) => reason.test(text));
  // a later entry in front of ours is no reason where ours was put in front of that one
  const unneeded = row.verdict === 'later-prepend' && first && !/env-/.test(row.form);
  if (!said && !unneeded) found.push(`${row.verdict} is not said`);
  for (const answer of judged) {
    if (answer.middleware?.includes(seen.entry ?? '') === false)
      found.push(`ours is not in MIDDLEWARE of ${answer.name}`);
  }
  if (row.verdict === 'first-ok' && judged.some((answer) => answer.middleware?.[0] !== seen.entry)) {
    found.push(`ours is not first in ${judged.map((answer) => answer.name).join(', ')}`);
  }
  return found;
}
