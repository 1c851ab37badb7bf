import type { Service } from './project.ts';

/**
 * Does the unit do its work and end (Type=oneshot, or a timer of its name beside it starts it: systemd.timer(5)), so
 * that nothing has to bring it back? `has` says whether the repository has a file.
 */
export function endsByItself({ file, unit }: Service, has: (path: string) => boolean): boolean {
  if (unit === undefined) return false;
  const type = unit.entries.findLast(({ key }) => key === 'Type')?.value;
  return type === 'oneshot' || has(file.replace(/\.service$/, '.timer'));
}
