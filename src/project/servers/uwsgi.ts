import type { Located, Note, Service } from '../project.ts';
import { readIni, unquoted, UWSGI } from '../readers/ini.ts';
import type { SourceFile } from '../readers/text.ts';
import { mappingOf, readYaml, textOf } from '../readers/yaml.ts';
import { readOptions } from './options.ts';
import type { Server, ServerContext, ServerReading } from './server.ts';

/** The options of core/uwsgi.c and plugins/python that take a value and matter here or are common; others are flags. */
const OPTIONS = `socket/s= uwsgi-socket= http= http-socket= https= fastcgi-socket= processes/p= workers= harakiri=
  threads= chmod-socket= chown-socket= chdir= chdir2= module/w= wsgi= wsgi-file= file= callable= mount= uid= gid= env=
  unenv= home/H= virtualenv= venv= pyhome= pythonpath= pp= python-path= logto= logto2= daemonize= daemonize2= pidfile=
  pidfile2= safe-pidfile= buffer-size/b= listen/l= max-requests= reload-on-rss= reload-on-as= evil-reload-on-rss=
  max-worker-lifetime= plugin= plugins= plugins-dir= ini= yaml/y= yml= xml/x= json/j= emperor= vassals-include=
  touch-reload= py-autoreload= static-map= stats= procname= procname-prefix= gevent= async= set= set-placeholder=
  set-ph= cheaper= cheaper-initial= log-format= logger= req-logger= static-expires= route= route-host= attach-daemon=
  attach-daemon2= smart-attach-daemon= hook-master-start= offload-threads= worker-reload-mercy= reload-mercy=
  post-buffering= rlimit-as= exec-asap= exec-pre-app= exec-as-user= mule= spooler= umask= cap= limit-post= strict
  master/M enable-threads/T vacuum die-on-term need-app lazy-apps lazy single-interpreter/i thunder-lock no-orphans
  disable-logging/L memory-report/m ignore-sigpipe ignore-write-errors disable-write-exception http-keepalive
  auto-procname add-header= die-on-no-workers`;

const OTHER_NAMES: Readonly<Record<string, string>> = {
  workers: 'processes',
  wsgi: 'module',
  virtualenv: 'home',
  venv: 'home',
  pyhome: 'home',
  yml: 'yaml',
  'python-path': 'pythonpath',
  pp: 'pythonpath',
};

export const uwsgi: Server = {
  name: 'uwsgi',
  programs: ['uwsgi', 'uwsgi_python3', 'uwsgi-core', 'pyuwsgi'],
  modules: ['pyuwsgi'],
  read(words, context) {
    const reading = new UwsgiReading(context);
    const { given, rest } = readOptions(words, OPTIONS);
    // in the order of the command line: a configuration file is read where it is named (ParsingOrder in its manual)
    for (const { name, value } of given) reading.set(name, value);
    for (const word of rest) {
      if (/\.(?:ini|xml|ya?ml|json)$/.test(word.value)) reading.file(word);
      else if (/\.(?:wsgi|py)$/.test(word.value)) reading.set('wsgi-file', word);
    }
    for (const [name, value] of context.environment) {
      const option = /^UWSGI_([A-Z0-9_]+)$/.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-');
      if (option !== undefined) reading.set(option, value);
    }
    return reading.result();
  },
  abort(reading) {
    const { options } = reading;
    const core = reading.user === undefined ? 'written' : 'kernel-forbids';
    const shared =
      Number(options.get('threads')?.value ?? '1') > 1 || options.has('gevent') || options.has('async');
    if (options.has('emperor') && reading.application === undefined) {
      return {
        core,
        respawnedBy: 'server',
        supervisorSees: 'nothing',
        lost: 'worker',
        detail: 'the emperor serves nothing itself, and starts a vassal that died again',
      };
    }
    if (isOn(options.get('master')?.value)) {
      return {
        core,
        respawnedBy: 'server',
        supervisorSees: 'nothing',
        lost: shared ? 'worker' : 'request',
        // Measured with 2.0.21: 1.0 s
        detail: 'the master replaces the worker after a second; the supervisor never sees it',
      };
    }
    // Measured with 2.0.21: without a master nothing is left of it
    return {
      core,
      respawnedBy: 'supervisor',
      supervisorSees: 'SIGABRT',
      lost: 'server',
      detail: 'uWSGI without master=true dies as a whole, and nothing of it respawns',
    };
  },
};

/** Reads a uWSGI configuration file by itself, as the emperor does with its vassals. */
export function readUwsgiFile(file: SourceFile, context: ServerContext): ServerReading {
  const reading = new UwsgiReading(context);
  reading.entriesOf(file);
  return reading.result();
}

/** Is an option of uWSGI that is yes or no turned on? */
function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(?:false|0|no|off)$/i.test(value.trim());
}

/** Keys that put in another file, which may well say `master`. */
const MORE = ['include', 'inherit', 'emperor'];

/** Where the number of workers stands that no master replaces; undefined where there is a master, or one worker, or no telling. */
export function workersWithoutMaster({ command, notes }: Service): Located<string> | undefined {
  if (command?.value.server !== 'uwsgi') return undefined;
  const { options } = command.value;
  const count = options.get('processes');
  if (count === undefined || !(Number(count.value) > 1) || isOn(options.get('master')?.value))
    return undefined;
  const unread = notes.some(({ code }) => code === 'server-config-unread');
  return unread || MORE.some((key) => options.has(key)) ? undefined : count;
}

/** Seconds. 1.5 GB took 6.7 s to write and were cut off at 830 MB with `harakiri = 3`; the same bound as for gunicorn (PYC031). */
const SHORT_HARAKIRI = 10;

/** A harakiri that ends a worker while its core is being written. */
export function shortHarakiri({ command }: Service): Located<string> | undefined {
  const harakiri = command?.value.server === 'uwsgi' ? command.value.options.get('harakiri') : undefined;
  const seconds = Number(harakiri?.value);
  // 0 turns it off
  return seconds > 0 && seconds < SHORT_HARAKIRI ? harakiri : undefined;
}

class UwsgiReading {
  readonly #context: ServerContext;
  readonly #options = new Map<string, Located<string>>();
  readonly #environment = new Map<string, Located<string>>();
  readonly #placeholders = new Map<string, string>();
  readonly #notes: Note[] = [];
  readonly #files = new Set<string>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  set(name: string, raw: Located<string>): void {
    const option = OTHER_NAMES[name] ?? name;
    const value = this.#expand(raw);
    if (option === 'ini' || option === 'yaml' || option === 'xml' || option === 'json') {
      this.file(value);
      return;
    }
    if (option === 'env') {
      const equals = value.value.indexOf('=');
      if (equals > 0) {
        this.#environment.set(value.value.slice(0, equals).trim(), {
          value: value.value.slice(equals + 1).trim(),
          at: value.at,
        });
      }
      return;
    }
    if (option === 'set' || option === 'set-placeholder' || option === 'set-ph') {
      const equals = value.value.indexOf('=');
      if (equals > 0) this.#placeholders.set(value.value.slice(0, equals), value.value.slice(equals + 1));
      return;
    }
    this.#options.set(option, value);
    this.#placeholders.set(option, value.value);
  }

  /** `%(name)` is an option or placeholder above; `$(NAME)` comes from the environment (Configuration in its manual). */
  #expand({ value, at }: Located<string>): Located<string> {
    if (!/[%$]\(/.test(value)) return { value, at };
    const text = value.replace(/([%$])\(([^)]*)\)/g, (whole, sign: string, name: string) =>
      sign === '%'
        ? (this.#placeholders.get(name) ?? whole)
        : (this.#context.environment.get(name)?.value ?? whole),
    );
    return { value: text, at };
  }

  file({ value, at }: Located<string>): void {
    // `path:section` picks a section; `%d` and the like stand for the folder of the file that is read
    const [, path = '', section = 'uwsgi'] = /^(?:%[dp])?(.*?)(?::([\w-]*))?$/s.exec(value) ?? [];
    const found = this.#context.find(path);
    if (found === undefined) {
      this.#notes.push({
        code: 'server-config-unread',
        message: `uWSGI's configuration ${value} is not in the repository`,
        at,
      });
      return;
    }
    this.entriesOf(found, section === '' ? 'uwsgi' : section);
  }

  entriesOf(file: SourceFile, named = 'uwsgi'): void {
    if (this.#files.has(file.path) || this.#files.size > 20) return;
    this.#files.add(file.path);
    // the extension says what it is (Configuration in its manual); templates have one more
    if (/\.xml\b/.test(file.path)) {
      for (const match of file.text.matchAll(/<([a-z][\w-]*)\s*(?:\/>|>([^<]*)<\/\1\s*>)/g)) {
        const [whole, name = '', value = ''] = match;
        const start = match.index + Math.max(0, whole.indexOf('>') + 1);
        const trimmed = value.trim();
        const from = value === '' ? match.index : start + value.indexOf(trimmed);
        this.set(name, {
          value: trimmed,
          at: file.span(from, value === '' ? match.index + whole.length : from + trimmed.length),
        });
      }
      return;
    }
    if (/\.(?:ya?ml|json)\b/.test(file.path)) {
      for (const document of readYaml(file)) {
        for (const { key, value } of mappingOf(
          mappingOf(document).find((entry) => entry.key.value === named)?.value,
        )) {
          const values = value.kind === 'sequence' ? value.items : [value];
          for (const item of values) {
            const text = textOf(item);
            if (text !== undefined) this.set(key.value, text);
          }
        }
      }
      return;
    }
    const { entries } = readIni(file, UWSGI);
    const own = entries.some(({ section }) => section === named);
    for (const { section, key, value } of entries) {
      if (own && section !== named) continue;
      this.set(key.value, { value: unquoted(value.value), at: value.at });
    }
  }

  result(): ServerReading {
    const options = this.#options;
    const mount = options.get('mount')?.value;
    const target =
      options.get('module')?.value ??
      options.get('wsgi-file')?.value ??
      options.get('file')?.value ??
      mount?.split('=')[1];
    const callable = options.get('callable')?.value;
    const application =
      target !== undefined && callable !== undefined && !target.includes(':')
        ? `${target}:${callable}`
        : target;
    const workingDirectory = options.get('chdir');
    const user = options.get('uid');
    const settingsModule = this.#environment.get('DJANGO_SETTINGS_MODULE');
    return {
      options,
      environment: this.#environment,
      notes: this.#notes,
      files: [...this.#files],
      ...(application === undefined ? {} : { application }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(user === undefined ? {} : { user }),
      ...(settingsModule === undefined ? {} : { settingsModule }),
    };
  }
}
