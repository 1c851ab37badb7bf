import type { ContainerFiles, ContainerMount, Project, Service } from '../project/project.ts';
import { isIn } from '../project/unit-keys.ts';

/** Where a container's core goes as long as the host's core pattern is a plain name. */
export interface ContainerFolder {
  service: Service;
  files: ContainerFiles;
  /** Absolute; undefined where the image decides and is not built here. */
  path?: string;
  /** The mount that the folder is in. */
  mount?: ContainerMount;
}

/** The containers whose mounts are all known. */
export function containerFolders(project: Project): ContainerFolder[] {
  return project.services.flatMap((service) => {
    const files = service.containerFiles;
    if (files?.complete !== true) return [];
    const path = service.workingDirectory?.value.replace(/(.)\/+$/, '$1');
    if (path === undefined) return [{ service, files }];
    if (!path.startsWith('/') || /[$%]/.test(path)) return [];
    const [mount] = files.mounts
      .filter((one) => isIn(path, one.path))
      .sort((a, b) => b.path.length - a.path.length);
    return [mount === undefined ? { service, files, path } : { service, files, path, mount }];
  });
}

export const PLAIN_PATTERN = 'unless the kernel.core_pattern of the host sends it elsewhere';
