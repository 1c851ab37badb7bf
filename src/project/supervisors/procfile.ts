import type { CoreLimit, Located, RestartPolicy } from '../project.ts';
import { readIni, unquoted, type IniDialect } from '../readers/ini.ts';
import { linesOf } from '../readers/ini.ts';
import type { SourceFile } from '../readers/text.ts';
import { itemsOf, mappingOf, readYaml, textOf, under } from '../readers/yaml.ts';
import { startedByText, type StartContext } from '../start-command.ts';
import { folderOf, addServices, type Supervisor } from './supervisor.ts';

/** Heroku: devcenter.heroku.com/articles/dyno-restarts; the others are taken to do what a platform for services is for. */
const RESTARTED: RestartPolicy = {
  afterAbort: true,
  detail:
    'the platform starts a crashed process again; Heroku waits longer each time while it keeps crashing',
};

/** What is written to the disk of such a process is gone with it (Heroku: the same page), and its core pattern is the platform's. */
const LOST: CoreLimit = {
  soft: 'unknown',
  detail:
    'the platform decides, and its disk goes with the process: use the log-only mode or ship the report',
};

const TOML: IniDialect = { comments: '#', inlineComments: '#', continuation: 'none', delimiters: '=' };

/** Process files of platforms: Procfile, heroku.yml, app.json, fly.toml, nixpacks.toml, render.yaml, DigitalOcean's app spec. */
export const procfile: Supervisor = {
  name: 'procfile',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const lines = LINES.find(({ test }) => test.test(name) || test.test(path));
      if (lines === undefined) continue;
      const file = reader.sources.read(path);
      if (file === undefined) continue;
      for (const { process, command, environment } of lines.read(file)) {
        const context: StartContext = {
          reader,
          environment: environment ?? new Map(),
          folder: folderOf(path),
        };
        const started = startedByText(command, context);
        addServices(
          found,
          {
            name: process,
            supervisor: lines.name,
            file: path,
            restart: RESTARTED,
            coreLimit: LOST,
            notes: [
              {
                code: 'platform-core',
                message: 'a platform keeps no core: what a process wrote is gone when it is replaced',
                at: command.at,
              },
            ],
          },
          started,
        );
      }
    }
  },
};

interface Line {
  process: string;
  command: Located<string>;
  environment?: ReadonlyMap<string, Located<string>>;
}

const LINES: readonly { name: string; test: RegExp; read: (file: SourceFile) => Line[] }[] = [
  { name: 'procfile', test: /^Procfile(?:\.(?!sh$)[\w-]+)?$/, read: readProcfile },
  { name: 'heroku', test: /^heroku\.ya?ml$/, read: (file) => readRun(file, ['run'], ['build', 'config']) },
  { name: 'heroku', test: /^app\.json$/, read: readFormation },
  { name: 'fly', test: /^fly(?:\.[\w-]+)?\.toml$/, read: (file) => readToml(file, /^processes$/, undefined) },
  { name: 'nixpacks', test: /^nixpacks\.toml$/, read: (file) => readToml(file, /^start$/, 'cmd') },
  { name: 'railway', test: /^railway\.toml$/, read: (file) => readToml(file, /^deploy$/, 'startCommand') },
  { name: 'railway', test: /^railway\.json$/, read: readRailway },
  { name: 'render', test: /^render\.ya?ml$/, read: (file) => readList(file, 'services', 'startCommand') },
  { name: 'digitalocean', test: /(?:^|\/)\.do\/[\w.-]+\.ya?ml$/, read: readAppSpec },
  { name: 'appengine', test: /^app(?:[.-][\w-]+)?\.ya?ml$/, read: readAppEngine },
];

function readProcfile(file: SourceFile): Line[] {
  const lines: Line[] = [];
  for (const { text, start } of linesOf(file.text)) {
    // Heroku: `^([\w-]+):\s*(.+)$`; `release` runs once before, `web` and the others stay
    const match = /^([A-Za-z0-9_-]+):[ \t]*(\S.*)$/.exec(text.trimEnd());
    const [whole, process = '', command = ''] = match ?? [];
    if (whole === undefined || /^(?:release|postdeploy)$/.test(process)) continue;
    const from = start + whole.length - command.length;
    lines.push({ process, command: { value: command, at: file.span(from, from + command.length) } });
  }
  return lines;
}

function readRun(file: SourceFile, keys: readonly string[], config: readonly string[]): Line[] {
  return readYaml(file).flatMap((document) => {
    const environment = new Map(
      mappingOf(under(document, ...config)).flatMap(({ key, value }): [string, Located<string>][] => {
        const text = textOf(value);
        return text === undefined ? [] : [[key.value, text]];
      }),
    );
    return mappingOf(under(document, ...keys)).flatMap(({ key, value }) => {
      const [first] = itemsOf(under(value, 'command'));
      const command = textOf(value) ?? textOf(first);
      return command === undefined ? [] : [{ process: key.value, command, environment }];
    });
  });
}

/** app.json names no commands but an environment: nothing to start in it, unless it has a formation with commands. */
function readFormation(file: SourceFile): Line[] {
  return readYaml(file).flatMap((document) =>
    mappingOf(under(document, 'formation')).flatMap(({ key, value }) => {
      const command = textOf(under(value, 'command'));
      return command === undefined ? [] : [{ process: key.value, command }];
    }),
  );
}

function readRailway(file: SourceFile): Line[] {
  return readYaml(file).flatMap((document) => {
    const command = textOf(under(document, 'deploy', 'startCommand'));
    return command === undefined ? [] : [{ process: 'web', command }];
  });
}

function readList(file: SourceFile, list: string, key: string): Line[] {
  return readYaml(file).flatMap((document) =>
    itemsOf(under(document, list)).flatMap((item) => {
      const command = textOf(under(item, key));
      return command === undefined ? [] : [{ process: textOf(under(item, 'name'))?.value ?? list, command }];
    }),
  );
}

function readAppSpec(file: SourceFile): Line[] {
  return readYaml(file).flatMap((document) => {
    const spec = under(document, 'spec') ?? document;
    return ['services', 'workers'].flatMap((list) =>
      itemsOf(under(spec, list)).flatMap((item) => {
        const command = textOf(under(item, 'run_command'));
        return command === undefined
          ? []
          : [{ process: textOf(under(item, 'name'))?.value ?? list, command }];
      }),
    );
  });
}

function readAppEngine(file: SourceFile): Line[] {
  return readYaml(file).flatMap((document) => {
    const command = textOf(under(document, 'entrypoint'));
    return command === undefined || under(document, 'runtime') === undefined
      ? []
      : [{ process: 'default', command }];
  });
}

/** Flat `key = "value"` lines of a TOML table; a value over several lines is left out. */
function readToml(file: SourceFile, section: RegExp, key: string | undefined): Line[] {
  return readIni(file, TOML).entries.flatMap((entry) => {
    if (!section.test(entry.section ?? '') || (key !== undefined && entry.key.value !== key)) return [];
    const value = unquoted(entry.value.value);
    const quoted = value !== entry.value.value ? 1 : 0;
    const { start, end } = entry.value.at;
    return [
      {
        process: key === undefined ? entry.key.value : 'web',
        command: { value, at: file.span(start + quoted, end - quoted) },
      },
    ];
  });
}
