import type { Application, Project, Service } from './project.ts';

/**
 * The applications of the tree that the service may run: of several those whose module its command names, then the
 * nearest ones by their folders (two projects can have a package of the same name). Where nothing tells, all.
 */
export function applicationsOf(
  { applications }: Project,
  { command, file }: Pick<Service, 'command' | 'file'>,
): readonly Application[] {
  if (applications.length < 2) return applications;
  const module = command?.value.application?.split(':')[0];
  const named = applications.filter(({ entryPoints }) =>
    entryPoints.some((entry) => entry.module === module),
  );
  const candidates = named.length > 0 ? named : applications;
  const shared = (folder: string) => {
    const parts = folder.split('/').filter((part) => part !== '');
    const other = file.split('/');
    const differs = parts.findIndex((part, index) => part !== other[index]);
    return differs === -1 ? parts.length : differs;
  };
  const nearest = Math.max(...candidates.map(({ importRoot }) => shared(importRoot)));
  return candidates.filter(({ importRoot }) => shared(importRoot) === nearest);
}
