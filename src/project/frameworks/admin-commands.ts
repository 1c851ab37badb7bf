import type { Parser } from 'web-tree-sitter';
import { readScript } from '../entry-points.ts';
import { managementCommands } from '../management-commands.ts';
import type { Note, Project } from '../project.ts';
import { moduleName } from '../python-modules.ts';
import { parsePython } from '../readers/python/syntax.ts';
import type { Sources } from '../sources.ts';
import { importRootOf } from './import-root.ts';
import type { Script } from './scripts.ts';

/** What Django calls of a command (BaseCommand.execute). */
const HANDLE = 'Command.handle';

/**
 * Commands that services and scheduled jobs start by `django-admin` or `python -m django`, which load no manage.py: those of
 * the repository install the hooks themselves, the others are named.
 */
export function adminCommands(
  started: Pick<Project, 'services' | 'scheduledCommands' | 'files'>,
  sources: Sources,
  parser: Parser,
): { scripts: Script[]; notes: Note[] } {
  const scripts: Script[] = [];
  const notes: Note[] = [];
  for (const { value: name, at } of managementCommands(started, () => true, 'django-admin')) {
    const path = started.files.find((file) => file.endsWith(`/management/commands/${name}.py`));
    const file = path === undefined ? undefined : sources.read(path);
    const python = file === undefined ? undefined : parsePython(parser, file);
    const importRoot = path === undefined ? '' : importRootOf(sources, path);
    const point =
      python === undefined ? undefined : readScript(moduleName(importRoot, path ?? ''), python, HANDLE);
    if (point?.calls === HANDLE) scripts.push({ point, importRoot, packageName: '', at });
    else {
      notes.push({
        code: 'django-admin-left-alone',
        message:
          `${name} is started without manage.py, so that nothing installs the hooks for it: an exception that ends it leaves ` +
          'no core. Start it with manage.py, and run init again',
        at,
      });
    }
  }
  return { scripts, notes };
}
