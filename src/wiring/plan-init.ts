import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { currentFile, draftFile, draftInsertions, withoutInsertions, type Draft } from '../edit/draft.ts';
import type { Insertion } from '../edit/insertion.ts';
import { MANIFEST, readManifest, renderManifest, type Manifest } from '../edit/manifest.ts';
import type { FileChange, Plan } from '../edit/plan.ts';
import { UserError } from '../errors.ts';
import type { Application, Note, Project } from '../project/project.ts';
import type { Part } from '../project/module-parts.ts';
import { readProject } from '../project/read-project.ts';
import { syntaxErrorsIn } from '../project/production-settings.ts';
import { SourceFile } from '../project/readers/text.ts';
import { unmetExpectations } from './expectations.ts';
import { blindSpotNotes } from './blind-spots.ts';
import { wireContinuousIntegration } from './ci/continuous-integration.ts';
import { wireEntryPoints } from './entry-points.ts';
import { wireGunicorn } from './gunicorn.ts';
import { wireGitignore } from './gitignore.ts';
import { wireLibrary } from './library.ts';
import { wireManagementCommands } from './management-commands.ts';
import { wireMiddleware } from './middleware.ts';
import { wireProjectTest } from './project-test.ts';
import { wireTeamDocument } from './team-document.ts';
import { DROP_IN, wireUnits } from './units.ts';
import { wireUwsgi } from './uwsgi.ts';
import type { Kind, Situation, Wiring, Wish, Workflow } from './wiring.ts';

export interface InitOptions {
  only?: ReadonlySet<Kind>;
  settings?: string;
  supervisor?: string;
  workflows?: ReadonlySet<Workflow>;
  parts?: readonly Part[];
  dumpable: boolean;
  systemdVersion: number;
  /** What to do with generated files that are not as this version writes them. */
  ifOurs: 'leave' | 'merge' | 'replace';
}

export interface InitPlan {
  plan: Plan;
  /** What of the plan is not in force in the project as it is read again after the edits. */
  unmet(after: Project): string | undefined;
}

/** In this order: the team's page tells what the parts before it want. */
const PARTS: readonly [Kind, (situation: Situation, wishes: readonly Wish[]) => Wiring | Promise<Wiring>][] =
  [
    ['library', wireLibrary],
    ['settings', wireMiddleware],
    ['entry-points', wireEntryPoints],
    ['manage', wireManagementCommands],
    ['units', wireUnits],
    ['gunicorn', wireGunicorn],
    ['uwsgi', wireUwsgi],
    ['ci', wireContinuousIntegration],
    ['tests', wireProjectTest],
    ['gitignore', wireGitignore],
    ['docs', wireTeamDocument],
  ];

/**
 * What has to be written so that crash handling is set up in one application; nothing is written here. Edits whose
 * outcome, read again, is not what it should be are left out and said. Where neither the settings nor the entry points
 * can be edited, every change becomes `manual`.
 */
export async function planInit(
  project: Project,
  application: Application,
  options: InitOptions,
): Promise<InitPlan> {
  const [broken] = syntaxErrorsIn(application);
  if (broken?.at !== undefined) {
    const { file, line, column } = broken.at;
    throw new UserError('syntax-error', `${file}:${line}:${column}: ${broken.message}`, {
      help: 'Nothing was written: what these settings say is not known. Fix the syntax, then run the command again.',
    });
  }
  const manifest = readManifest(project.root);
  const situation: Situation = {
    project: await withoutDropIns(project, manifest),
    application,
    dumpable: options.dumpable,
    systemdVersion: options.systemdVersion,
    ours: new Set(manifest?.files.filter(({ action }) => action === 'create').map(({ path }) => path)),
    read: (path) => readTree(project.root, path),
    readWithoutOurs: (path) => {
      const text = withoutInsertions(project.root, path, manifest);
      return text === undefined ? undefined : new SourceFile(path, text);
    },
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.supervisor === undefined ? {} : { supervisor: options.supervisor }),
    ...(options.workflows === undefined ? {} : { workflows: options.workflows }),
    ...(options.parts === undefined ? {} : { parts: options.parts }),
  };
  const wirings = new Map<Kind, Wiring>();
  for (const [kind, wire] of PARTS) {
    if (options.only !== undefined && !options.only.has(kind)) continue;
    const wishes = [...wirings.values()].flatMap((wiring) => wiring.wishes);
    wirings.set(kind, await wire(situation, wishes));
  }
  const drafts = draftAll(project.root, wirings, manifest, options.ifOurs);
  const unmet = await checkOutcome(situation, wirings, drafts);
  for (const [kind, reasons] of unmet) {
    const wiring = wirings.get(kind);
    if (wiring === undefined || reasons.length === 0) continue;
    wiring.wishes = wiring.wishes.filter((wish) => 'good' in wish);
    wiring.impossible.push(...reasons);
    // the test looks for our class in MIDDLEWARE, and for our call in an entry point
    if (kind === 'settings' || kind === 'entry-points') wirings.delete('tests');
  }
  if (unmet.size > 0 && wirings.has('docs')) {
    const others = [...wirings].filter(([kind]) => kind !== 'docs').flatMap(([, { wishes }]) => wishes);
    wirings.set('docs', wireTeamDocument(situation, others));
  }
  const final = unmet.size === 0 ? drafts : draftAll(project.root, wirings, manifest, options.ifOurs);
  const blocked = blockers(wirings, final);
  const notes = distinctNotes([
    ...project.notes.filter(({ code }) => ABOUT_WIRING.has(code)),
    ...[...wirings.values()].flatMap((wiring) => wiring.notes),
    ...blindSpotNotes(situation),
  ]);
  const unmetIn = (after: Project): string | undefined =>
    [...unmetExpectations(after, situation, wirings).values()].flat()[0]?.reason;
  if (blocked.length > 0) return { plan: { changes: blocked, notes }, unmet: unmetIn };
  notes.push(...carriedBy(wirings));
  const changes = final.map(({ change }) => change);
  return { plan: { changes: withManifest(project.root, changes, final, manifest), notes }, unmet: unmetIn };
}

/** The project as if the drop-ins of an earlier run were empty: what a unit lacks is what it lacks without them. */
async function withoutDropIns(project: Project, manifest: Manifest | undefined): Promise<Project> {
  const dropIns = manifest?.files.filter(({ path }) => path.endsWith(`/${DROP_IN}`)) ?? [];
  if (dropIns.length === 0) return project;
  const overlay = new Map(dropIns.map(({ path }) => [path, new Uint8Array()] as const));
  return readProject(project.root, { overlay });
}

/** Codes of the reader's notes that tell why init did something or not; those on how services start are check's. */
const ABOUT_WIRING = new Set([
  'application-guessed',
  'job-left-alone',
  'django-too-old',
  'no-middleware',
  'outside-tree',
  'django-admin-left-alone',
  'script-left-alone',
  'service-unfollowed',
  'settings-not-there',
  'too-big',
  'too-many-files',
  'unknown-callable',
  'unparsed',
]);

/** Each note once: several settings modules often share a list. */
function distinctNotes(notes: readonly Note[]): Note[] {
  return [
    ...new Map(notes.map((note) => [`${note.message} ${note.at?.file}:${note.at?.line}`, note])).values(),
  ];
}

function readTree(root: string, path: string): SourceFile | undefined {
  const { bytes } = currentFile(root, path);
  return bytes === undefined ? undefined : new SourceFile(path, bytes);
}

function draftAll(
  root: string,
  wirings: ReadonlyMap<Kind, Wiring>,
  manifest: Manifest | undefined,
  ifOurs: InitOptions['ifOurs'],
): Draft[] {
  const wishes = [...wirings.values()].flatMap((wiring) => wiring.wishes);
  const drafts: Draft[] = [];
  const insertions = new Map<string, Gathered>();
  for (const wish of wishes) {
    const { path, bytes } = currentFile(root, wish.path);
    if ('text' in wish) drafts.push(draftFile(root, wish, manifest, ifOurs));
    else if ('insertions' in wish) gather(insertions, path, wish);
    else if (!drafts.some(({ change }) => change.path === path)) {
      const entry = manifest?.files.find((file) => file.path === path);
      drafts.push({
        change: {
          path,
          action: 'unchanged',
          ...(bytes === undefined ? {} : { before: bytes, after: bytes }),
        },
        ...(entry === undefined ? {} : { entry }),
      });
    }
  }
  const edits = [...insertions.values()].map((wish) => draftInsertions(root, wish, manifest));
  const edited = new Set(edits.map(({ change }) => change.path));
  return [...drafts.filter(({ change }) => !edited.has(change.path)), ...edits];
}

/** All that is wanted of one file. */
interface Gathered {
  kind: Kind;
  path: string;
  insertions: Insertion[];
  instead: boolean;
}

function gather(
  all: Map<string, Gathered>,
  path: string,
  wish: Extract<Wish, { insertions: readonly Insertion[] }>,
): void {
  const known = all.get(path) ?? { kind: wish.kind, path, insertions: [], instead: wish.instead === true };
  const offset = known.insertions.length;
  for (const insertion of wish.insertions) {
    known.insertions.push(
      insertion.closes === undefined ? insertion : { ...insertion, closes: insertion.closes + offset },
    );
  }
  all.set(path, known);
}

/** Reads the project again as it would be with the drafts written, and says which part would not be in force. */
async function checkOutcome(
  situation: Situation,
  wirings: ReadonlyMap<Kind, Wiring>,
  drafts: readonly Draft[],
): Promise<Map<Kind, Wiring['impossible']>> {
  const overlay = new Map<string, Uint8Array>();
  for (const { change } of drafts) {
    if (change.after === undefined || change.action === 'unchanged') continue;
    overlay.set(change.path, change.after);
  }
  if (overlay.size === 0) return new Map();
  const project = await readProject(situation.project.root, { overlay });
  return unmetExpectations(project, situation, wirings);
}

/** The changes that a person has to make, where nothing can be done without them. */
function blockers(wirings: ReadonlyMap<Kind, Wiring>, drafts: readonly Draft[]): FileChange[] {
  const manual = drafts.map(({ change }) => change).filter(({ action }) => action === 'manual');
  const wires = (['settings', 'entry-points'] as const).flatMap((kind) => wirings.get(kind) ?? []);
  const wired = wires.some(({ wishes }) => wishes.length > 0);
  if (wires.length > 0 && !wired) {
    const impossible = wires.flatMap((wiring) => wiring.impossible);
    for (const { path, reason } of impossible) manual.push({ path, action: 'manual', reason });
  }
  return manual;
}

/** Where one of settings and entry points cannot be edited, the other carries everything: said, with what to paste. */
function carriedBy(wirings: ReadonlyMap<Kind, Wiring>): Note[] {
  const settings = wirings.get('settings');
  const entryPoints = wirings.get('entry-points');
  const notes: Note[] = [];
  for (const { reason } of settings?.impossible ?? []) {
    notes.push({
      code: 'settings-by-hand',
      message: `${reason}. Until then the wrapper in wsgi.py or asgi.py alone carries everything`,
    });
  }
  for (const { reason } of entryPoints?.impossible ?? []) {
    notes.push({
      code: 'entry-point-by-hand',
      message: `${reason}. Until then what only it sees is not seen, such as a streaming body or a task; the rest is`,
    });
  }
  return notes;
}

function withManifest(
  root: string,
  changes: readonly FileChange[],
  drafts: readonly Draft[],
  manifest: Manifest | undefined,
): FileChange[] {
  if (changes.every(({ action }) => action === 'unchanged')) return [...changes];
  const entries = new Map((manifest?.files ?? []).map((file) => [file.path, file]));
  for (const { entry, change } of drafts) {
    if (entry === 'none') entries.delete(change.path);
    else if (entry !== undefined) entries.set(entry.path, entry);
  }
  const folders = new Set(manifest?.folders);
  for (const { path, action } of changes) {
    if (action !== 'create') continue;
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      if (!existsSync(join(root, folder))) folders.add(folder);
    }
  }
  const text = renderManifest({ files: [...entries.values()], folders: [...folders] });
  const after = Buffer.from(text, 'utf8');
  const { bytes: before } = currentFile(root, MANIFEST);
  return [
    ...changes,
    before === undefined
      ? { path: MANIFEST, action: 'create', after }
      : { path: MANIFEST, action: 'edit', before, after },
  ];
}
