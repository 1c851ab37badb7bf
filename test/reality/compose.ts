import { IMAGE } from '../podman.ts';

/** A service of a compose file in one variant. In all texts NAME is its name, COMMAND what it runs. */
export interface ContainerVariant {
  name: string;
  /** The text of the service, or of the manifest. */
  text: string;
  /** Files beside it, by path; those of `NAME/` are the context of `build: ./NAME`. */
  files?: Readonly<Record<string, string>>;
  /** How often it is aborted, where twice is not enough to see what comes of it. */
  crashes?: number;
  /** It runs the generated module, and fails by an exception. */
  module?: true;
  /** It was crashed, and then made again; the new one looked for the core. */
  madeAgain?: true;
}

type Keys = Readonly<Record<string, string | undefined>>;
type More = Omit<ContainerVariant, 'name' | 'text'>;

/** With `ulimits` podman takes its own defaults for the others, which not every host lets it set. */
const limits = (core: string) => `{${core}, nofile: 1024, nproc: 4096}`;

const GOOD: Keys = {
  image: IMAGE,
  network_mode: 'host',
  command: 'COMMAND',
  restart: 'unless-stopped',
  ulimits: limits('core: -1'),
  working_dir: '/var/lib/NAME',
  volumes: '["NAME:/var/lib/NAME"]',
};

/** A service with these keys instead of, or beside, those that are right. */
function service(name: string, keys: Keys, more: More = {}): ContainerVariant {
  const lines = Object.entries({ ...GOOD, ...keys }).flatMap(([key, value]) =>
    value === undefined ? [] : [`    ${key}: ${value}`],
  );
  return { name, text: lines.join('\n'), ...more };
}

/** A service that is built, and says nothing that the Dockerfile says. */
function built(name: string, dockerfile: string, keys: Keys = {}, more: More = {}): ContainerVariant {
  const own = { image: undefined, command: undefined, working_dir: undefined, volumes: undefined };
  return service(
    name,
    { ...own, build: './NAME', ...keys },
    {
      ...more,
      files: { 'NAME/Dockerfile': `FROM ${IMAGE}\n${dockerfile}\n`, ...more.files },
    },
  );
}

const JSON_FORM = '["uvicorn", "--port", "PORT", "NAME:app"]';
const script = (text: string, mode = '') =>
  `COPY ${mode}entry.sh /entry.sh\nWORKDIR /srv/NAME\nCMD ["/bin/sh", "/entry.sh"]${text}`;
const entry = (name: string, text: string, keys: Keys = {}) =>
  built(name, script(''), keys, { files: { 'NAME/entry.sh': `#!/bin/sh\n${text}\n` } });
const NO_VOLUME: Keys = { volumes: undefined, working_dir: '/srv' };
const OWNED = 'RUN mkdir -p /srv/NAME && chown shop /srv/NAME\nWORKDIR /srv/NAME\nUSER shop\n';

/** What podman-compose is started with. */
export const SERVICES: readonly ContainerVariant[] = [
  service('as-it-should-be', {}),
  service('no-restart', { restart: undefined }),
  service('restart-no-bare', { restart: 'no' }),
  service('restart-on-failure', { restart: 'on-failure' }),
  service('restart-on-failure-3', { restart: 'on-failure:3' }, { crashes: 4 }),
  service('deploy-restart-policy', { restart: undefined, deploy: '{restart_policy: {condition: any}}' }),
  service('deploy-restart-policy-only-delay', {
    restart: undefined,
    deploy: '{restart_policy: {delay: 1s}}',
  }),
  service('profile', { profiles: '[debug]' }),
  service('no-ulimits', { ulimits: undefined }),
  service('ulimits-0', { ulimits: limits('core: 0') }),
  service('ulimits-soft-0', { ulimits: limits('core: {soft: 0, hard: -1}') }),
  service('ulimits-soft-and-hard', { ulimits: limits('core: {soft: -1, hard: -1}') }),
  service('ulimits-small', { ulimits: limits('core: 65536') }),
  service('ulimits-unlimited', { ulimits: limits('core: unlimited') }),
  service('ulimits-fsize', { ulimits: limits('core: -1, fsize: 4096') }),
  service('ulimit-in-command', {
    command: `["sh", "-c", "ulimit -c unlimited; exec COMMAND"]`,
    ulimits: undefined,
  }),
  service('command-shell-exec', { command: 'sh -c "exec COMMAND"' }),
  service('shell-goes-on-on-failure', { command: 'sh -c "COMMAND; echo ended"', restart: 'on-failure' }),
  service('shell-goes-on-always', { command: 'sh -c "COMMAND; echo ended"' }),
  service('shell-or-true-on-failure', { command: 'sh -c "COMMAND || true"', restart: 'on-failure' }),
  service('shell-pipe-on-failure', { command: 'sh -c "COMMAND | cat"', restart: 'on-failure' }),
  service('init-on-failure', { init: 'true', restart: 'on-failure' }),
  service('tini', { entrypoint: '["tini", "--"]', restart: 'on-failure' }),
  service('tini-134-is-success', { entrypoint: '["tini", "-e", "134", "--"]', restart: 'on-failure' }),
  entry('script-no-exec', 'COMMAND'),
  entry('script-goes-on-on-failure', 'COMMAND\necho ended', { restart: 'on-failure' }),
  entry('script-trap-exits-0', "trap 'exit 0' EXIT\nCOMMAND", { restart: 'on-failure' }),
  entry('script-removes-core', 'rm -f core\nexec COMMAND'),
  entry('script-gosu', 'exec gosu shop COMMAND'),
  entry('script-gosu-own-folder', 'chown shop .\nexec gosu shop COMMAND'),
  built('entrypoint-shell-goes-on', 'WORKDIR /srv/NAME\nENTRYPOINT COMMAND; echo ended', {
    restart: 'on-failure',
  }),
  built(
    'stages',
    `WORKDIR /srv/NAME\nCMD ${JSON_FORM}\nFROM ${IMAGE} AS final\nWORKDIR /srv/NAME\nUSER shop\nCMD ${JSON_FORM}`,
  ),
  built('workdir-root-user', `WORKDIR /\nUSER shop\nCMD ${JSON_FORM}`),
  built('user', `WORKDIR /srv/NAME\nUSER shop\nCMD ${JSON_FORM}`),
  built('user-in-own-folder', `${OWNED}CMD ${JSON_FORM}`),
  built('user-copy-chown', `COPY --chown=shop . /srv/NAME\nWORKDIR /srv/NAME\nUSER shop\nCMD ${JSON_FORM}`),
  built('user-workdir-copy-chown', `WORKDIR /srv/NAME\nCOPY --chown=shop . .\nUSER shop\nCMD ${JSON_FORM}`),
  built(
    'user-chown-content',
    `WORKDIR /srv/NAME\nCOPY . .\nRUN chown -R shop /srv/NAME/*\nUSER shop\nCMD ${JSON_FORM}`,
  ),
  built('user-of-compose-another', `${OWNED}CMD ${JSON_FORM}`, { user: '"1001"' }),
  service('user-volume', { user: 'shop' }),
  service(
    'user-bind',
    { user: 'shop', volumes: '["./NAME-data:/var/lib/NAME"]' },
    { files: { 'NAME-data/x': '' } },
  ),
  service(
    'bind-read-only',
    { volumes: '["./NAME-data:/var/lib/NAME:ro"]' },
    { files: { 'NAME-data/x': '' } },
  ),
  service('no-volume', NO_VOLUME),
  service('read-only', { ...NO_VOLUME, read_only: 'true' }),
  service('read-only-tmpfs', { volumes: undefined, read_only: 'true', tmpfs: '["/var/lib/NAME"]' }),
  service('tmpfs-long', { volumes: '[{type: tmpfs, target: /var/lib/NAME}]' }),
  service('healthcheck', { healthcheck: '{test: ["CMD", "cat", "/etc/passwd"], interval: 1s}' }),
];
