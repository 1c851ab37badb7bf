import { lineEnding } from '../edit/text-style.ts';
import { moduleName, type Situation, type Wiring } from './wiring.ts';

/** The call that hands over to Django, on a line of its own. */
const EXECUTE = /^([ \t]*)(?:management\.)?execute_from_command_line\(/gm;

/**
 * Installs the hooks in manage.py, which loads neither middleware nor application: without a call of its own,
 * management commands are not watched and `manage.py check` does not know the options. A manage.py of another shape
 * is left as it is, with a note.
 */
export function wireManagementCommands({ application, read }: Situation): Wiring {
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const module = moduleName(application);
  for (const { kind, file: path, wrapped } of application.entryPoints) {
    if (kind !== 'manage') continue;
    if (wrapped !== undefined) {
      wiring.wishes.push({ kind: 'manage', path, good: true });
      continue;
    }
    const text = read(path)?.text ?? '';
    const [call, ...others] = text.matchAll(EXECUTE);
    if (call === undefined || others.length > 0) {
      wiring.notes.push({
        code: 'manage-not-wired',
        message:
          `${path} has no single line execute_from_command_line(…): management commands are not watched. ` +
          `Paste this before it hands over to Django: from ${module} import install; install()`,
      });
      continue;
    }
    const indent = call[1] ?? '';
    const lines = [`${indent}from ${module} import install`, '', `${indent}install()`, ''];
    const insertion = { at: call.index, text: lines.join(lineEnding(text)) };
    wiring.wishes.push({ kind: 'manage', path, insertions: [insertion] });
  }
  return wiring;
}
