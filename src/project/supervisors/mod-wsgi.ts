import type { Located, Service, StartCommand } from '../project.ts';
import { linesOf, unquoted } from '../readers/ini.ts';
import { readWords, expandWord } from '../readers/shell.ts';
import { maskTemplate, unmasked } from '../readers/template.ts';
import type { SourceFile } from '../readers/text.ts';
import { programName } from '../launchers.ts';
import type { Supervisor } from './supervisor.ts';

/** Apache with mod_wsgi: virtual hosts with WSGIScriptAlias. Apache's own processes supervise the daemons. */
export const modWsgi: Supervisor = {
  name: 'apache',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!/\.(?:conf|vhost|j2|tmpl|tpl|in|example|sample)$|apache|httpd|vhost|sites-/.test(path)) continue;
      if (/\.(?:py|md|rst|html|js|css)$/.test(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined || !/^\s*WSGIScriptAlias/m.test(file.text)) continue;
      found.services.push(serviceOf(file));
    }
  },
};

function serviceOf(file: SourceFile): Service {
  const options = new Map<string, Located<string>>();
  const environment = new Map<string, Located<string>>();
  let alias: Located<string> | undefined;
  let coreFolder: Located<string> | undefined;
  const masked = maskTemplate(file.text).text;
  for (const { text, start } of linesOf(masked)) {
    const directive = /^\s*([A-Za-z]+)\s+(\S.*)$/.exec(text.trimEnd());
    if (directive === null) continue;
    const [whole, name = '', rest = ''] = directive;
    const words = readWords(masked, start + whole.length - rest.length, start + whole.length).map((word) => ({
      value: unmasked(unquoted(expandWord(word, new Map()).value), file.text.slice(word.start, word.end)),
      at: file.span(word.start, word.end),
    }));
    switch (name.toLowerCase()) {
      case 'wsgiscriptalias':
      case 'wsgiscriptaliasmatch':
        alias ??= words[1];
        break;
      case 'wsgidaemonprocess':
        for (const word of words) {
          const equals = word.value.indexOf('=');
          if (equals > 0)
            options.set(word.value.slice(0, equals), { value: word.value.slice(equals + 1), at: word.at });
          else if (!options.has('daemon')) options.set('daemon', word);
        }
        break;
      case 'coredumpdirectory':
        coreFolder = words[0];
        break;
      case 'setenv': {
        const [variable, value] = words;
        if (variable !== undefined && value !== undefined) environment.set(variable.value, value);
        break;
      }
    }
  }
  if (coreFolder !== undefined) options.set('core-dump-directory', coreFolder);
  const user = options.get('user');
  const workingDirectory = options.get('home') ?? coreFolder;
  const settingsModule = environment.get('DJANGO_SETTINGS_MODULE');
  const daemon = options.has('daemon');
  const command: StartCommand = {
    argv: ['apache2'],
    launchers: [],
    behindShell: false,
    server: 'mod_wsgi',
    options,
    ...(alias === undefined ? {} : { application: alias.value }),
    abort: {
      // core.html of httpd: its children run as another user than they were started as; CoreDumpDirectory makes them
      // dumpable again (server/core.c, prctl PR_SET_DUMPABLE). Measured: no core without it.
      core: coreFolder === undefined ? 'needs-directive' : 'written',
      respawnedBy: 'server',
      supervisorSees: 'nothing',
      lost: 'worker',
      detail: daemon
        ? 'Apache starts the daemon process again within 0.1 s'
        : 'in embedded mode a child of Apache dies with all that it serves, and Apache starts another one',
    },
  };
  const at = alias?.at ?? file.span(0, 0);
  return {
    name: programName(file.path).replace(/\.(?:conf|vhost|j2|tmpl|in)$/, ''),
    supervisor: 'apache',
    file: file.path,
    command: { value: command, at },
    environment,
    restart: { afterAbort: true, detail: 'Apache replaces a process that died' },
    coreLimit: {
      soft: 'unknown',
      detail: 'inherited from what starts Apache (ulimit in envvars, LimitCORE= of its unit)',
    },
    notes: [],
    ...(user === undefined ? {} : { user }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    ...(settingsModule === undefined ? {} : { settingsModule }),
  };
}
