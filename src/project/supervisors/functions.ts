import type { CoreLimit, Located, RestartPolicy, Service } from '../project.ts';
import { itemsOf, mappingOf, readYaml, textOf, under, type YamlValue } from '../readers/yaml.ts';
import type { SourceFile } from '../readers/text.ts';
import type { Supervisor } from './supervisor.ts';

/** Platforms that call a function of the repository, or run an image of it, on machines of their own. */
export const functions: Supervisor = {
  name: 'functions',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const kinds = KINDS.filter(({ test }) => test.test(name));
      const file = kinds.length === 0 ? undefined : reader.sources.read(path);
      if (file === undefined) continue;
      for (const { platform, has, read } of kinds) {
        if (!has.test(file.text)) continue;
        for (const document of readYaml(file)) {
          found.services.push(...read(document).map((handler) => serviceOf(platform, handler, file)));
        }
      }
    }
  },
};

/** What is called, or else where the file says that Python runs there. */
interface Handler {
  name: string;
  at: Located<string>;
}

/** AWS Lambda, "Lambda execution environments": after a crash of the runtime Lambda makes the environment anew; Vercel runs on it. */
const RESTARTED: RestartPolicy = { afterAbort: true, detail: 'the platform starts another instance' };

const LOST: CoreLimit = { soft: 'unknown', detail: 'the platform decides, and nobody reaches its files' };

function serviceOf(platform: string, { name, at }: Handler, file: SourceFile): Service {
  return {
    name,
    supervisor: platform,
    file: file.path,
    environment: new Map(),
    restart: RESTARTED,
    coreLimit: LOST,
    notes: [
      {
        code: 'platform-core',
        message: 'a platform keeps no core: what a process wrote is gone when it is replaced',
        at: at.at,
      },
    ],
  };
}

const KINDS: readonly {
  platform: string;
  test: RegExp;
  /** What the file has where Python runs there: a cheap look before it is parsed. */
  has: RegExp;
  read: (document: YamlValue) => Handler[];
}[] = [
  {
    platform: 'lambda',
    test: /^serverless(?:[.-][\w-]+)?\.ya?ml$/,
    has: /^\s*runtime:\s*["']?python/m,
    read: (document) => handlersOf(under(document, 'functions'), ['handler']),
  },
  {
    platform: 'lambda',
    test: /^(?:sam|template)(?:[.-][\w-]+)?\.ya?ml$/,
    has: /AWS::(?:Serverless|Lambda)::Function[\s\S]*python/,
    read: (document) => handlersOf(under(document, 'Resources'), ['Properties', 'Handler']),
  },
  {
    platform: 'lambda',
    test: /^zappa_settings\.(?:json|ya?ml)$/,
    has: /app_function|django_settings/,
    read: (document) => [
      ...handlersOf(document, ['app_function']),
      ...handlersOf(document, ['django_settings']),
    ],
  },
  {
    platform: 'vercel',
    test: /^vercel\.json$/,
    has: /@vercel\/python/,
    read: (document) =>
      itemsOf(under(document, 'builds')).flatMap((build): Handler[] => {
        const source = textOf(under(build, 'src'));
        const isPython = textOf(under(build, 'use'))?.value.startsWith('@vercel/python') === true;
        return source !== undefined && isPython ? [{ name: source.value, at: source }] : [];
      }),
  },
  {
    platform: 'cloud-run',
    test: /\.ya?ml$/,
    has: /^apiVersion:\s*["']?serving\.knative\.dev\//m,
    read: (document) => {
      const kind = textOf(under(document, 'kind'));
      const name = textOf(under(document, 'metadata', 'name'));
      const isService = kind?.value === 'Service' && name !== undefined;
      return isService ? [{ name: name.value, at: name }] : [];
    },
  },
  {
    platform: 'appengine',
    test: /^app(?:[.-][\w-]+)?\.ya?ml$/,
    has: /^runtime:\s*["']?python3/m,
    // with an entrypoint it is read as a command (procfile.ts)
    read: (document) => {
      const runtime = textOf(under(document, 'runtime'));
      return runtime === undefined || under(document, 'entrypoint') !== undefined
        ? []
        : [{ name: textOf(under(document, 'service'))?.value ?? 'default', at: runtime }];
    },
  },
];

/** The values at `keys` below each entry of a mapping, each with the name of the entry. */
function handlersOf(mapping: YamlValue | undefined, keys: readonly string[]): Handler[] {
  return mappingOf(mapping).flatMap(({ key, value }) => {
    const at = textOf(under(value, ...keys));
    return at === undefined ? [] : [{ name: key.value, at }];
  });
}
