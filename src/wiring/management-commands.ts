import { lineEnding } from '../edit/text-style.ts';
import { applicationsOf } from '../project/applications-of.ts';
import { readManage } from '../project/entry-points.ts';
import { managementCommands } from '../project/management-commands.ts';
import { moduleName, type Situation, type Wiring } from './wiring.ts';

/** The call that hands over to Django, on a line of its own. */
const EXECUTE = /^([ \t]*)(?:management\.)?execute_from_command_line\(/gm;

/** As ruff and black have it. */
const WIDTH = 88;

/**
 * Installs the hooks in manage.py for the commands that are services or scheduled jobs, and only for these: at the exit
 * code of the others scripts look. A manage.py of another shape is left as it is, with a note.
 */
export function wireManagementCommands({ project, application, readWithoutOurs }: Situation): Wiring {
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const module = moduleName(application);
  const commands = managementCommands(project, (started) =>
    applicationsOf(project, started).includes(application),
  ).map(({ value }) => value);
  for (const { kind, file: path, wrapped } of application.entryPoints) {
    if (kind !== 'manage') continue;
    const file = readWithoutOurs(path);
    // by hand, or by hand since
    if (file === undefined || readManage('', file).wrapped !== undefined) {
      if (wrapped !== undefined) wiring.wishes.push({ kind: 'manage', path, good: true });
      continue;
    }
    if (commands.length === 0) {
      if (wrapped !== undefined) wiring.wishes.push({ kind: 'manage', path, insertions: [], instead: true });
      continue;
    }
    const [call, ...others] = file.text.matchAll(EXECUTE);
    if (call === undefined || others.length > 0) {
      const lines = installation(commands, '', module).join('\n');
      wiring.notes.push({
        code: 'manage-not-wired',
        message:
          `${path} has no single line execute_from_command_line(…): ${commands.join(', ')} ` +
          `${commands.length === 1 ? 'is' : 'are'} not watched. Paste this before it hands over to Django:\n${lines}`,
      });
      continue;
    }
    const imported = /^\s*import\b[^\n]*\bsys\b/m.test(file.text) ? [] : [`${call[1] ?? ''}import sys`, ''];
    const lines = [...imported, ...installation(commands, call[1] ?? '', module), ''];
    const insertion = { at: call.index, text: lines.join(lineEnding(file.text)) };
    wiring.wishes.push({ kind: 'manage', path, insertions: [insertion], instead: true });
  }
  return wiring;
}

function installation(commands: readonly string[], indent: string, module: string): string[] {
  const quoted = commands.map((name) => `"${name}"`);
  const line = `${indent}if {${quoted.join(', ')}}.intersection(sys.argv[1:2]):`;
  return [
    `${indent}# These run as services: they abort. Scripts look at the exit codes of the others.`,
    ...(line.length <= WIDTH
      ? [line]
      : [
          `${indent}if {`,
          ...quoted.map((name) => `${indent}    ${name},`),
          `${indent}}.intersection(sys.argv[1:2]):`,
        ]),
    `${indent}    from ${module} import install`,
    '',
    `${indent}    install()`,
    '',
  ];
}
