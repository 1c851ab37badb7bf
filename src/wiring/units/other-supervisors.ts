import { usageError } from '../../errors.ts';
import { render } from '../../templates.ts';
import { gunicornCommand } from './unit.ts';
import { shellQuoted } from '../../printable.ts';

/** What the snippet of any supervisor is made of. */
interface SnippetValues {
  name: string;
  user: string;
  /** Folder with manage.py on the host, or in the image. */
  workingDirectory: string;
  command?: string;
}

interface Kind {
  template: string;
  /** Where it goes. */
  path(name: string): string;
}

/** Supervisors other than systemd, by the name that `unit` takes. */
const KINDS: Readonly<Record<string, Kind>> = {
  supervisord: {
    template: 'supervisord/program.conf',
    path: (name) => `/etc/supervisor/conf.d/${name}.conf`,
  },
  runit: { template: 'runit/run', path: (name) => `/etc/sv/${name}/run` },
  s6: { template: 's6/run', path: (name) => `/etc/s6-overlay/s6-rc.d/${name}/run` },
  daemontools: { template: 'daemontools/run', path: (name) => `/service/${name}/run` },
  compose: { template: 'compose/service.yaml', path: () => 'compose.cores.yaml' },
  kubernetes: { template: 'kubernetes/deployment.yaml', path: (name) => `${name}-deployment.yaml` },
};

export const OTHER_SUPERVISORS: readonly string[] = Object.keys(KINDS);

/** The snippet for a supervisor of that list; throws a `UserError` where a value cannot stand in it. */
export function otherSnippet(kind: string, values: SnippetValues): { path: string; text: string } {
  const { template, path } = KINDS[kind] ?? { template: '', path: () => '' };
  const { name, user, workingDirectory: importRoot } = values;
  // names of users and folders stand unquoted in shell scripts, INI and YAML
  for (const [option, value] of [
    ['--user', user],
    ['--working-directory', importRoot],
  ] as const) {
    if (!/^[\w./@+-]+$/.test(value)) {
      throw usageError(
        `'${value}' cannot stand in the snippet`,
        `${option} takes letters, digits and _./@+- only.`,
      );
    }
  }
  const command =
    values.command ?? gunicornCommand(importRoot, `${name.replaceAll('-', '_')}.wsgi:application`);
  // a comment starts there (supervisor/options.py, inline_comment_prefixes)
  if (kind === 'supervisord' && /\s[;#]/.test(command)) {
    throw usageError('a command for supervisord cannot hold ; or # after a blank', 'Put it into a script.');
  }
  const script = `ulimit -S -c "$(ulimit -H -c)"; exec ${command}`;
  const text = render(template, {
    name,
    user,
    importRoot,
    command,
    // compose splits a string by itself, and `$` starts a variable of its own there
    words: JSON.stringify(command.replaceAll('$', '$$$$')),
    // supervisord splits as shlex does, after it has put in `%(…)s`
    script: shellQuoted(script).replaceAll('%', '%%'),
    scriptJson: JSON.stringify(script),
  });
  return { path: path(name), text };
}
