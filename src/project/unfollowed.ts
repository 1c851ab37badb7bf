import type { Parser } from 'web-tree-sitter';
import { celery } from './frameworks/celery.ts';
import { wayFrom } from './frameworks/chosen-object.ts';
import { dramatiq } from './frameworks/dramatiq.ts';
import { importRootOf } from './frameworks/import-root.ts';
import { namedTo } from './frameworks/named-application.ts';
import { NOT_DEPLOYED } from './frameworks/objects.ts';
import { ENDS, KEEPS_RUNNING } from './frameworks/scripts.ts';
import { PythonNames } from './frameworks/python-names.ts';
import { parsedFiles } from './parsed-files.ts';
import type { Application, Note, Service, StartCommand } from './project.ts';
import { baseName } from './python-modules.ts';
import { isJobServer } from './servers/index.ts';
import type { Sources } from './sources.ts';
import { isPythonProgram } from './supervisors/supervisor.ts';

/** What a service runs and nothing that was found in the repository leads to: nobody watches it, which has to be said. */
export function findUnfollowed(
  applications: readonly Application[],
  services: readonly Service[],
  sources: Sources,
  parser: Parser,
  said: readonly Note[],
): Note[] {
  const seen = new Set<string>();
  const tree = new Tree(applications, sources, parser);
  const isGuessed = said.some(({ code }) => code === 'application-guessed');
  return services.flatMap((service) => {
    const { command } = service;
    if (command === undefined || ENDS.test(service.name) || NOT_DEPLOYED.test(service.file)) return [];
    if (service.unit?.endsByItself === true) return [];
    const { application, server } = command.value;
    if (isGuessed && application !== undefined && !isJobServer(server)) return [];
    const what = tree.unfollowed(service, command.value);
    const { at } = command;
    // what another note says of this very command is enough
    const isSaid = ({ code, at: place }: Note): boolean =>
      code !== 'start-command-unread' && place?.file === at.file && place.start === at.start;
    if (what === undefined || seen.has(what) || said.some(isSaid)) return [];
    seen.add(what);
    return [{ code: 'service-unfollowed', message: `${service.name} (${service.file}) ${what}`, at }];
  });
}

class Tree {
  readonly #applications: readonly Application[];
  readonly #sources: Sources;
  readonly #names: PythonNames;
  readonly #files: ReadonlySet<string>;

  constructor(applications: readonly Application[], sources: Sources, parser: Parser) {
    this.#applications = applications;
    this.#sources = sources;
    this.#names = new PythonNames(sources.files, parsedFiles(sources, parser), (path) =>
      importRootOf(sources, path),
    );
    this.#files = new Set(applications.flatMap(({ entryPoints }) => entryPoints.map(({ file }) => file)));
  }

  /** What the service does that is not watched; undefined where it is, or where nobody can tell that it is Python's. */
  unfollowed(service: Service, command: StartCommand): string | undefined {
    const { server, application, program, argv } = command;
    if (isJobServer(server)) return this.#unfollowedJobs(command);
    if (server !== undefined && application !== undefined) {
      // files of PasteDeploy, and names of which a template or a variable decides a part
      if (/\.ini(#|$)|[{}$%]|^\.|^$/.test(application) || this.#leads(service)) return undefined;
      return `starts ${server} with ${application}, and that leads to none of the applications that were found in this repository: what it serves is not watched. Wrap it, or watch it where it is made, with a function of the generated module`;
    }
    if (!KEEPS_RUNNING.has(service.supervisor)) return undefined;
    if (program !== undefined) {
      if (ENDS.test(baseName(program)) || this.#reaches(program)) return undefined;
      return `runs ${program}, and nothing was found there that could be watched: an exception that nothing handles leaves no core. Call install() of the generated module first in it`;
    }
    const [name = ''] = argv;
    if (server !== undefined || /python|pypy|\.py$|flower$/.test(baseName(name)) || !isPythonProgram(name))
      return undefined;
    return `is started by ${baseName(name)}, which init does not know: what it runs (${argv.slice(1).join(' ')}) is not watched`;
  }

  #unfollowedJobs({ server, application, argv }: StartCommand): string | undefined {
    if (argv.includes('beat') || argv.includes('flower') || server === 'rq') return undefined;
    if (server !== celery.name && server !== dramatiq.name)
      return `is started by ${server}, whose jobs init cannot watch: what it runs (${application ?? argv.slice(1).join(' ')}) is not watched`;
    const workers = this.#applications.flatMap(({ entryPoints }) =>
      entryPoints.filter(({ kind }) => kind === 'worker'),
    );
    return workers.length > 0
      ? undefined
      : `starts ${server}${application === undefined || application.trim() === '' ? '' : ` with ${application}`}, and no application of ${server} was found in this repository: its tasks are not watched. Give the application to watch_${server} of the generated module where it is made`;
  }

  /** Does what the server is told to load come from a file that is wired? */
  #leads(service: Service): boolean {
    return namedTo(service).some(({ name, folders }) => {
      const [module = '', object] = name.replace(/^(wsgi|asgi):(?=.*:)/, '').split(':');
      const wanted = object === undefined ? ['application', 'app'] : [object.replace(/\(.*$/s, '')];
      const files = [
        ...folders.flatMap((folder) => this.#names.find(module, folder) ?? []),
        ...this.#applications.flatMap(({ importRoot }) => this.#names.find(module, importRoot) ?? []),
        ...this.#names.filesAt(module),
      ];
      return files.some(
        (file) =>
          this.#files.has(file) ||
          wanted.some((one) =>
            [...wayFrom(this.#names.meaning(file, one), this.#names)].some(
              (meaning) => 'path' in meaning && this.#files.has(meaning.path),
            ),
          ),
      );
    });
  }

  /** Django's own application has the middleware of the settings wherever it is made. */
  #servesDjango(path: string): boolean {
    return (
      this.#applications.some(({ framework }) => framework === 'django') &&
      /\bget_[aw]sgi_application\b/.test(this.#sources.read(path)?.text ?? '')
    );
  }

  /** Does a program import, over any number of modules, a file that is wired? */
  #reaches(program: string): boolean {
    const waiting = [program];
    const seen = new Set<string>();
    while (waiting.length > 0 && seen.size < 300) {
      const path = waiting.shift() ?? '';
      if (seen.has(path)) continue;
      seen.add(path);
      if (this.#files.has(path) || this.#servesDjango(path)) return true;
      waiting.push(...this.#names.importedBy(path));
    }
    return false;
  }
}
