import { usageError } from '../../errors.ts';
import { generalDropIn, renderDropIn } from './drop-in.ts';
import { OTHER_SUPERVISORS, otherSnippet } from './other-supervisors.ts';
import { gunicornCommand, renderUnit } from './unit.ts';

export interface SnippetOptions {
  name: string;
  user: string;
  workingDirectory: string;
  /** The start command; by default gunicorn for `<name>.wsgi`. */
  command?: string;
  dropIn: boolean;
  systemdVersion: number;
}

interface Snippet {
  /** Where it goes. */
  path: string;
  text: string;
}

/** One kind a supervisor: `unit KIND` prints its snippet. */
const SNIPPETS: Readonly<Record<string, (options: SnippetOptions) => Snippet>> = {
  systemd: (options) => {
    const unit = `${options.name}.service`;
    if (options.dropIn) {
      return {
        path: `/etc/systemd/system/${unit}.d/10-pycrash.conf`,
        text: renderDropIn(generalDropIn(unit, options.systemdVersion)),
      };
    }
    const module = options.name.replaceAll('-', '_');
    return {
      path: `/etc/systemd/system/${unit}`,
      text: renderUnit({
        name: options.name,
        user: options.user,
        importRoot: options.workingDirectory,
        command: options.command ?? gunicornCommand(options.workingDirectory, `${module}.wsgi:application`),
        settings: '',
        systemdVersion: options.systemdVersion,
      }),
    };
  },
};

/** What `unit KIND` takes. */
export const SNIPPET_KINDS: readonly string[] = [...Object.keys(SNIPPETS), ...OTHER_SUPERVISORS];

/** The snippet of that kind; throws a `UserError` for a kind or a value that is none. */
export function snippet(kind: string, options: SnippetOptions): Snippet {
  const other = OTHER_SUPERVISORS.includes(kind)
    ? (values: SnippetOptions) => otherSnippet(kind, values)
    : undefined;
  const make = SNIPPETS[kind] ?? other;
  if (make === undefined) {
    throw usageError(`there is no snippet for '${kind}'`, `There are: ${SNIPPET_KINDS.join(', ')}`);
  }
  // a line end would start a line of its own in the unit
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'string' && /[\r\n\0]/.test(value)) throw usageError(`${name} must be one line`);
  }
  if (!/^[A-Za-z0-9:_.@-]+$/.test(options.name)) {
    throw usageError(
      `'${options.name}' cannot be the name of a unit`,
      'Letters, digits and :-_.@ only (systemd.unit(5)).',
    );
  }
  if (options.dropIn && kind !== 'systemd' && kind !== 'openrc') {
    throw usageError('--drop-in is for systemd and openrc only');
  }
  return make(kind === 'systemd' ? { ...options, name: options.name.replace(/\.service$/, '') } : options);
}
