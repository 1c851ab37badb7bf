import type { Located } from '../project.ts';
import type { SourceFile } from '../readers/text.ts';
import { readOptions } from './options.ts';
import type { Server, ServerContext } from './server.ts';
import { readConcurrency, uvicorn } from './uvicorn.ts';

/** `fastapi run --help` and `fastapi dev --help` of fastapi-cli 0.0.34. */
const OPTIONS = `host= port= reload no-reload reload-dir= workers= root-path= app= entrypoint/e= command proxy-headers
  no-proxy-headers forwarded-allow-ips= verbose/v version help`;

/** Where it looks if no file is named, in its order (fastapi_cli/discover.py, get_default_path). */
const DEFAULT_FILES = ['main.py', 'app.py', 'api.py', 'app/main.py', 'app/app.py', 'app/api.py'];

/** FastAPI's own command, which calls uvicorn with the application that it has looked for. */
export const fastapiRun: Server = {
  name: 'fastapi',
  programs: ['fastapi'],
  modules: ['fastapi', 'fastapi_cli'],
  read(words, context) {
    const { options, rest } = readOptions(words, OPTIONS);
    const [subcommand, path] = rest;
    if (subcommand?.value !== 'run' && subcommand?.value !== 'dev') return { options, serves: false };
    if (subcommand.value === 'dev' && !options.has('no-reload') && !options.has('reload')) {
      options.set('reload', { value: 'true', at: subcommand.at });
    }
    readConcurrency(options, context.environment);
    const application = applicationOf(path, options, context);
    return { options, server: 'uvicorn', ...(application === undefined ? {} : { application }) };
  },
  // Measured with fastapi-cli 0.0.34: SIGABRT with one worker, another worker with several
  abort: (reading) => uvicorn.abort(reading),
};

function applicationOf(
  path: Located<string> | undefined,
  options: ReadonlyMap<string, Located<string>>,
  { beside, find }: ServerContext,
): string | undefined {
  const entrypoint = options.get('entrypoint')?.value ?? entrypointIn(beside('pyproject.toml'));
  if (path === undefined && entrypoint !== undefined) return entrypoint;
  const file =
    path === undefined
      ? DEFAULT_FILES.map((name) => beside(name)).find((one) => one !== undefined)
      : (find(path.value) ?? find(`${path.value}/__init__.py`));
  const name = path?.value ?? file?.path;
  if (name === undefined) return undefined;
  const module = name
    .replace(/^[./]+/, '')
    .replace(/(?:\/__init__)?\.py$|\/$/, '')
    .replaceAll('/', '.');
  return `${module}:${options.get('app')?.value ?? objectIn(file)}`;
}

/** `app`, else `api`, else the first that it makes (fastapi_cli/discover.py, get_app_name). */
function objectIn(file: SourceFile | undefined): string {
  const text = file?.text ?? '';
  const preferred = ['app', 'api'].find((name) => new RegExp(`^${name}\\b[^=\\n]*=`, 'm').test(text));
  return preferred ?? /^(\w+)\b[^=\n]*=\s*(?:\w+\.)*FastAPI\(/m.exec(text)?.[1] ?? 'app';
}

function entrypointIn(file: SourceFile | undefined): string | undefined {
  return /^\[tool\.fastapi\]\s*$[^[]*?^entrypoint\s*=\s*["']([\w.]+:\w+)["']/m.exec(file?.text ?? '')?.[1];
}
