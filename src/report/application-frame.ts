/**
 * Is the frame the application's own? Not: installed packages, the standard library, code without a file, and the
 * generated module. The rule is written down in docs/crash-record.md, because that module computes it as well.
 */
export function isApplicationFrame({ file }: { file: string }): boolean {
  if (file === '' || file.startsWith('<')) return false;
  const parts = file.split('/');
  // pip installs bottle.py also as a script, and that is imported where another script of its folder started the process
  if (parts.at(-1) === 'abort_on_exception.py' || /(?:^|\/)bin\/bottle\.py$/.test(file)) return false;
  return libraryFolder(parts) === undefined;
}

/** Which part of a path is the innermost folder that packages or the standard library lie in. */
export function libraryFolder(parts: readonly string[]): number | undefined {
  const at = parts.findLastIndex(
    (part, index) =>
      part === 'site-packages' ||
      part === 'dist-packages' ||
      (/^python3\.\d+t?$/.test(part) && (parts[index - 1] ?? '').startsWith('lib')),
  );
  return at === -1 ? undefined : at;
}

/**
 * Which frames a reader looks at first: the application's; where there is none, code that was typed or made at run time
 * (`<string>`, `<stdin>`); else the innermost one.
 */
export function ownFrames<F extends { file: string }>(
  frames: readonly F[],
  innermost: F | undefined,
): Set<F> {
  const application = frames.filter(isApplicationFrame);
  if (application.length > 0) return new Set(application);
  const typed = frames.filter(({ file }) => file.startsWith('<') && !file.startsWith('<frozen'));
  return new Set(typed.length > 0 ? typed : innermost === undefined ? [] : [innermost]);
}
