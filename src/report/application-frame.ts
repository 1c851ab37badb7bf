/**
 * Is the frame the application's own? Not: installed packages, the standard library, code without a file, and the
 * generated module. The rule is written down in docs/crash-record.md, because that module computes it as well.
 */
export function isApplicationFrame({ file }: { file: string }): boolean {
  if (file === '' || file.startsWith('<')) return false;
  const parts = file.split('/');
  if (parts.at(-1) === 'abort_on_exception.py') return false;
  return !parts.some(
    (part, at) =>
      part === 'site-packages' ||
      part === 'dist-packages' ||
      (/^python3\.\d+t?$/.test(part) && (parts[at - 1] ?? '').startsWith('lib')),
  );
}
