import type { Located } from './project.ts';
import { baseName, parent } from './python-modules.ts';
import type { SourceFile } from './readers/text.ts';
import type { Sources } from './sources.ts';

/** Files at the root of a project that say which versions it needs, the most exact first. */
const PACKAGE_FILES: readonly RegExp[] = [
  /^(uv|poetry|pdm)\.lock$/,
  /^Pipfile\.lock$/,
  /^requirements[^/]*\.(txt|lock)$/,
  /^[^/]*requirements?\/[^/]*\.txt$/,
  /^pyproject\.toml$/,
  /^Pipfile$/,
  /^setup\.(cfg|py)$/,
  /^[^/]*requirements[^/]*\.in$/,
];

const DOCKERFILE = /(^|\/)([^/]*Dockerfile[^/]*|Containerfile)$/;

/** Does the folder itself say which packages it needs? */
export function hasPackageFile(sources: Sources, folder: string): boolean {
  const prefix = `${folder}/`;
  return filesNear(sources, folder).some((path) =>
    PACKAGE_FILES.some((pattern) => pattern.test(path.slice(prefix.length))),
  );
}

/** Do the files of the project in `folder`, or of those above it, require one of these distributions themselves? */
export function requiresOne(sources: Sources, folder: string, distributions: readonly string[]): boolean {
  const names = distributions.map((name) => name.replaceAll('-', '[-_.]')).join('|');
  const required = new RegExp(
    String.raw`(?:^[ \t]*|["']|#egg=)(?:${names})(?:\[[^\]\n]*\])?[ \t]*(?:[=<>!~;@("',#&\\]|$)`,
    'im',
  );
  const installed = new RegExp(
    String.raw`\bpip3? install\b(?:\\\r?\n|[^\n&|])*?[\s"'](?:${names})(?:\[[^\]\n]*\])?(?:[\s"'=<>~;&|]|$)`,
    'i',
  );
  return placesOf(folder).some(
    (place) =>
      // a lock file also has what those need
      candidates(sources, place, PACKAGE_FILES).some(
        ({ path, text }) => !path.endsWith('.lock') && required.test(text),
      ) || candidates(sources, place, [DOCKERFILE]).some(({ text }) => installed.test(text)),
  );
}

/** The folder and those above it. */
function placesOf(folder: string): string[] {
  return folder === '' ? [''] : [folder, ...placesOf(parent(folder))];
}

/** The files that say which packages the project needs, at its root and in the folders there. */
export function packageFiles(sources: Sources): readonly string[] {
  return filesNear(sources, '').filter((path) => PACKAGE_FILES.some((pattern) => pattern.test(path)));
}

const near = new WeakMap<Sources, Map<string, readonly string[]>>();

/** The files of the folder and of those in it. */
function filesNear(sources: Sources, folder: string): readonly string[] {
  const folders = near.get(sources) ?? new Map<string, readonly string[]>();
  near.set(sources, folders);
  let paths = folders.get(folder);
  if (paths === undefined) {
    const prefix = folder === '' ? '' : `${folder}/`;
    paths = [...sources.files].filter((path) => {
      if (!path.startsWith(prefix)) return false;
      const slash = path.indexOf('/', prefix.length);
      return slash < 0 || !path.includes('/', slash + 1);
    });
    folders.set(folder, paths);
  }
  return paths;
}

function candidates(sources: Sources, folder: string, patterns: readonly RegExp[]): SourceFile[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const paths = filesNear(sources, folder);
  const found: SourceFile[] = [];
  for (const pattern of patterns) {
    for (const path of paths.filter((one) => pattern.test(one.slice(prefix.length))).sort()) {
      const file = sources.read(path);
      if (file !== undefined) found.push(file);
    }
  }
  return found;
}

/** The version of a distribution that the project in `folder` (or one above it) asks for: exact, else the lowest. */
export function requiredVersion(
  sources: Sources,
  folder: string,
  distribution: string,
): Located<string> | undefined {
  for (const place of placesOf(folder)) {
    for (const file of candidates(sources, place, PACKAGE_FILES)) {
      const found = versionIn(file, distribution);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The same, only where no other version can be installed: `==`, or a lock file. */
export function pinnedVersion(
  sources: Sources,
  folder: string,
  distribution: string,
): Located<string> | undefined {
  const found = requiredVersion(sources, folder, distribution);
  if (found === undefined) return undefined;
  const { file, start } = found.at;
  const before = sources.read(file)?.text.slice(0, start) ?? '';
  return file.endsWith('.lock') || /==\s*$/.test(before) ? found : undefined;
}

function versionIn(file: SourceFile, distribution: string): Located<string> | undefined {
  const name = baseName(file.path);
  const expression = name.endsWith('.lock')
    ? name === 'Pipfile.lock'
      ? new RegExp(String.raw`"${distribution}":\s*\{[^{}]*?"version":\s*"==(\d[\w.]*)"`, 'di')
      : new RegExp(String.raw`^name\s*=\s*"${distribution}"\s*\r?\n\s*version\s*=\s*"(\d[\w.]*)"`, 'dim')
    : name.endsWith('.toml') || name === 'Pipfile'
      ? new RegExp(
          String.raw`["']${distribution}(?:\[[^\]]*\])?\s*[~=>^][^"'\d]*(\d[\w.]*)|^["']?${distribution}["']?\s*=\s*(?:\{[^}\n]*version\s*=\s*)?["'][^"'\d\n]*(\d[\w.]*)`,
          'dim',
        )
      : new RegExp(
          String.raw`^[ \t]*["']?${distribution}(?:\[[^\]]*\])?[ \t]*(?:[~=]=?=?|>=|>)[ \t]*(\d[\w.]*)|["']${distribution}(?:\[[^\]]*\])?\s*[~=>]=?=?\s*(\d[\w.]*)`,
          'dim',
        );
  return located(file, expression);
}

function located(file: SourceFile, expression: RegExp): Located<string> | undefined {
  const match = expression.exec(file.text);
  const group = match?.indices?.slice(1).find((indices) => indices !== undefined);
  if (group === undefined) return undefined;
  const value = file.text.slice(group[0], group[1]).replace(/\.+$/, '');
  return { value, at: file.span(group[0], group[0] + value.length) };
}

const PYTHON_FILES: readonly [RegExp, RegExp][] = [
  [
    /^pyproject\.toml$/,
    /^requires-python\s*=\s*["'][^"'\d]*(\d+\.\d+)|^python\s*=\s*["'][^"'\d]*(\d+\.\d+)/dm,
  ],
  [/^\.python-version$/, /^\s*(?:cpython-)?(\d+\.\d+)/dm],
  [/^runtime\.txt$/, /^python-(\d+\.\d+)/dm],
  [/^\.tool-versions$/, /^python\s+(\d+\.\d+)/dm],
  [/^Pipfile$/, /^python(?:_full)?_version\s*=\s*["'](\d+\.\d+)/dm],
  [/^setup\.(cfg|py)$/, /python_requires\s*=\s*["']?[^"'\d\n]*(\d+\.\d+)/dm],
  [DOCKERFILE, /^FROM\s+(?:--\S+\s+)?\S*python:(\d+\.\d+)/dim],
];

/** The lowest Python version that a file of the project names. */
export function pythonVersion(sources: Sources): Located<string> | undefined {
  let lowest: Located<string> | undefined;
  for (const [files, expression] of PYTHON_FILES) {
    for (const file of candidates(sources, '', [files])) {
      const found = located(file, expression);
      if (found === undefined) continue;
      // Python 2 beside Python 3 is what a package once supported, not what the service runs on
      const old = compareVersions(found.value, '3') < 0;
      const wasOld = lowest !== undefined && compareVersions(lowest.value, '3') < 0;
      if (lowest === undefined || (wasOld && !old)) lowest = found;
      else if (old === wasOld && compareVersions(found.value, lowest.value) < 0) lowest = found;
    }
  }
  return lowest;
}

/** Compares dotted numbers; negative where `a` is lower. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const right = b.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
