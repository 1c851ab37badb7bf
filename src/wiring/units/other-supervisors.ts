import { usageError } from '../../errors.ts';
import { shellQuoted } from '../../printable.ts';
import { readWords } from '../../project/readers/shell.ts';
import { render } from '../../templates.ts';
import { renderSettings } from './openrc-settings.ts';
import { gunicornCommand } from './unit.ts';

/** What the snippet of any supervisor is made of. */
interface SnippetValues {
  name: string;
  user: string;
  /** Folder with manage.py on the host, or in the image. */
  workingDirectory: string;
  command?: string;
  dropIn?: boolean;
}

interface Kind {
  template: string;
  /** Where it goes. */
  path(name: string): string;
  /** Why the command cannot stand in it as it is. */
  refuses?(command: string): string | undefined;
  command?(application: string): string;
}

/** Supervisors other than systemd, by the name that `unit` takes. */
const KINDS: Readonly<Record<string, Kind>> = {
  supervisord: {
    template: 'supervisord/program.conf',
    path: (name) => `/etc/supervisor/conf.d/${name}.conf`,
    // a comment starts there (supervisor/options.py, inline_comment_prefixes)
    refuses: (command) => (/\s[;#]/.test(command) ? '; or # after a blank' : undefined),
  },
  runit: { template: 'runit/run', path: (name) => `/etc/sv/${name}/run` },
  s6: { template: 's6/run', path: (name) => `/etc/s6-overlay/s6-rc.d/${name}/run` },
  daemontools: { template: 'daemontools/run', path: (name) => `/service/${name}/run` },
  openrc: {
    template: 'openrc/init.d',
    path: (name) => `/etc/init.d/${name}`,
    refuses: (command) => (/^\s*[A-Za-z_]\w*=/.test(command) ? 'variables in front' : undefined),
  },
  circus: {
    template: 'circus/watcher.ini',
    path: (name) => `/etc/circus/${name}.ini`,
    // circus/util.py: StrictConfigParser, and replace_gnu_args, which fails on a name that it does not know
    refuses: (command) =>
      /\s;/.test(command) ? '; after a blank' : /\$\(|\(\(/.test(command) ? '$( or ((' : undefined,
  },
  compose: { template: 'compose/service.yaml', path: () => 'compose.cores.yaml' },
  kubernetes: { template: 'kubernetes/deployment.yaml', path: (name) => `${name}-deployment.yaml` },
  nomad: { template: 'nomad/job.nomad.hcl', path: (name) => `${name}.nomad.hcl` },
  procfile: {
    template: 'procfile/Procfile',
    path: () => 'Procfile',
    // Heroku, "HTTP routing": the port is in the environment, and only that one is reached
    command: (application) => `gunicorn --bind 0.0.0.0:$PORT --workers 3 --timeout 60 ${application}`,
  },
};

export const OTHER_SUPERVISORS: readonly string[] = Object.keys(KINDS);

/** The snippet for a supervisor of that list; throws a `UserError` where a value cannot stand in it. */
export function otherSnippet(kind: string, values: SnippetValues): { path: string; text: string } {
  const { template, path, refuses, command: usual } = KINDS[kind] ?? { template: '', path: () => '' };
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
  if (kind === 'openrc' && values.dropIn === true)
    return { path: `/etc/conf.d/${name}`, text: renderSettings(name) };
  const application = `${name.replaceAll('-', '_')}.wsgi:application`;
  const command = values.command ?? usual?.(application) ?? gunicornCommand(importRoot, application);
  const refused = refuses?.(command);
  if (refused !== undefined) {
    throw usageError(`a command for ${kind} cannot hold ${refused}`, 'Put it into a script.');
  }
  const script = `ulimit -S -c "$(ulimit -H -c)"; exec ${command}`;
  const words = readWords(command);
  const [program] = words;
  const argv = words.map(({ parts }) =>
    parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
  );
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
    // openrc-run evaluates both
    program: shellQuoted(command.slice(program?.start, program?.end)),
    programArguments: shellQuoted(command.slice(program?.end).trim()),
    programHcl: hclString(argv[0] ?? ''),
    argumentsHcl: `[${argv.slice(1).map(hclString).join(', ')}]`,
  });
  return { path: path(name), text };
}

/** HCL: `${` and `%{` start a template in a string. */
function hclString(text: string): string {
  return JSON.stringify(text).replaceAll(/([$%])\{/g, '$1$1{');
}
