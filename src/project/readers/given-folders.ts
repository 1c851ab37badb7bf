import type { GivenFolder, Service } from '../project.ts';
import type { Sources } from '../sources.ts';
import { SHELL } from './file-capabilities.ts';
import type { SourceFile } from './text.ts';

/** Scripts of packages and services without an ending, and what systemd-tmpfiles(8) makes. */
const OTHERS =
  /(?:^|\/)(?:run|(?:[^/]*\.)?(?:postinst|preinst|initd|openrc)|init\.d\/[^/]+|[^/]*tmpfiles[^/]*\.conf|tmpfiles\.d\/[^/]+\.conf)$/;

const WORDS = ['chown', 'install', 'checkpath', 'useradd', 'adduser'];

/** Of the commands, those options that take the next word with them. */
const WITH_VALUE: Readonly<Record<string, RegExp>> = {
  chown: /^--(?:from|reference)$/,
  install: /^(?:-[a-zA-Z]*[mogtS]|--(?:mode|owner|group|target-directory|suffix))$/,
  checkpath: /^(?:-[a-zA-Z]*[mo]|--(?:mode|owner))$/,
  useradd:
    /^(?:-[a-zA-Z]*[bcdegGkKpsuRPZ]|--(?:base-dir|comment|home-dir|home|gid|groups|shell|uid|skel|password))$/,
  adduser: /^(?:-[a-zA-Z]*[hgsGuk]|--(?:home|shell|uid|gid|gecos|ingroup|group))$/,
};

/**
 * Folders that belong to a user because a script, a Dockerfile or the definition of a service says so: by `chown`,
 * `install -d -o`, OpenRC's `checkpath`, `useradd -m -d` or tmpfiles.d(5). A comment counts: that is where a snippet says
 * what to do before the first start.
 */
export function findGivenFolders(
  sources: Sources,
  files: readonly string[],
  services: readonly Service[],
): GivenFolder[] {
  if (!services.some((service) => isRestricted(service))) return [];
  const definitions = new Set(services.flatMap(({ file, unit }) => [file, ...(unit?.files ?? [])]));
  return files.flatMap((path) => {
    if (!SHELL.test(path) && !OTHERS.test(path) && !definitions.has(path)) return [];
    if (/tmpfiles[^/]*(?:\/[^/]+)?\.conf$/.test(path)) return temporaryFiles(sources.read(path));
    const file = sources.containing(path, WORDS);
    return file === undefined ? [] : givenIn(file.text);
  });
}

/** Another user than root, or a root that may not write everywhere (capabilities(7)). */
function isRestricted({ user, unit }: Service): boolean {
  return user !== undefined || unit?.entries.some(({ key }) => key === 'CapabilityBoundingSet') === true;
}

/** `d /srv/shop 0750 shop shop` (tmpfiles.d(5)). */
function temporaryFiles(file: SourceFile | undefined): GivenFolder[] {
  const lines = file?.text.matchAll(/^[dDzZ][!+=~^-]*[ \t]+(\S+)[ \t]+\S+[ \t]+([^\s-]\S*)/gm) ?? [];
  return [...lines].map(([whole, path = '', user = '']) => ({ path, user, below: whole.startsWith('Z') }));
}

function givenIn(text: string): GivenFolder[] {
  const variables = new Map<string, string>();
  const given: GivenFolder[] = [];
  // of a Dockerfile: where it is, and which folders its WORKDIR made, which are root's
  let cwd: string | undefined;
  const made = new Set<string>();
  for (const line of text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const [, name, value] =
      /^\s*(?:export\s+|ENV\s+|ARG\s+|readonly\s+)?(\w+)=(["']?[^\s;"']*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) variables.set(name, put(value, variables));
    const [, instruction = '', rest = ''] = /^\s*(FROM|WORKDIR|COPY|ADD)\s+(.*)$/i.exec(line) ?? [];
    if (/^FROM$/i.test(instruction)) {
      cwd = '/';
      made.clear();
    } else if (/^WORKDIR$/i.test(instruction)) {
      cwd = absolute(put(rest.trim(), variables), cwd ?? '/');
      made.add(cwd);
    } else if (instruction !== '') {
      given.push(...copied(put(rest, variables), cwd ?? '/', made));
    }
    for (const command of line.split(/;|&&|\|\||\|/)) given.push(...givenBy(put(command, variables), cwd));
  }
  return given;
}

/** The text without quotes, and with what the file itself sets. */
function put(text: string, variables: ReadonlyMap<string, string>): string {
  return text
    .replaceAll(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (whole, braced: string | undefined, plain: string | undefined) =>
        variables.get(braced ?? plain ?? '') ?? whole,
    )
    .replaceAll(/["']/g, '');
}

/** `COPY --chown=shop . /srv/shop`: the folder is the user's where the instruction makes it. */
function copied(rest: string, cwd: string, made: ReadonlySet<string>): GivenFolder[] {
  const owner = /(?:^|\s)--chown=(\S+)/.exec(rest)?.[1];
  const target = rest
    .replaceAll(/[[\],]/g, ' ')
    .trim()
    .split(/\s+/)
    .at(-1);
  if (owner === undefined || target === undefined) return [];
  const path = absolute(target, cwd);
  return made.has(path) ? [] : folders(owner, [path], true);
}

function absolute(path: string, cwd: string): string {
  const whole = path.startsWith('/') ? path : `${cwd.replace(/\/$/, '')}/${path.replace(/^(?:\.\/)*/, '')}`;
  return whole.replace(/\/\.$/, '').replace(/(.)\/+$/, '$1');
}

function givenBy(command: string, cwd?: string): GivenFolder[] {
  const [, name = '', rest = ''] =
    /(?:^|[\s/+!@-])(chown|install|checkpath|useradd|adduser)\s+(.*)$/.exec(command) ?? [];
  const takesValue = WITH_VALUE[name];
  if (takesValue === undefined) return [];
  const options: string[] = [];
  const values = new Map<string, string>();
  const words: string[] = [];
  const all = rest.split(/\s+/).filter((word) => word !== '');
  for (let index = 0; index < all.length; index++) {
    const word = all[index] ?? '';
    if (!word.startsWith('-')) {
      words.push(word);
      continue;
    }
    const [option = '', value] = word.split('=', 2);
    options.push(option);
    if (value !== undefined) values.set(option, value);
    else if (takesValue.test(option)) values.set(option, all[++index] ?? '');
  }
  const has = (short: string, ...long: string[]) =>
    options.some((option) => long.includes(option) || (/^-[a-zA-Z]/.test(option) && option.includes(short)));
  const valueOf = (short: string, ...long: string[]) =>
    [...values].find(
      ([option]) => long.includes(option) || (/^-[a-zA-Z]/.test(option) && option.endsWith(short)),
    )?.[1];
  switch (name) {
    case 'chown': {
      const [owner = '', ...paths] = words;
      const known = cwd === undefined ? paths : paths.map((path) => absolute(path, cwd));
      return folders(owner, known, has('R', '--recursive'));
    }
    case 'install':
      return has('d', '--directory') ? folders(valueOf('o', '--owner'), words, false) : [];
    case 'checkpath':
      return has('d', '--directory') || has('D', '--directory-truncate')
        ? folders(valueOf('o', '--owner'), words, false)
        : [];
    case 'useradd':
      return has('m', '--create-home')
        ? folders(words.at(-1), [valueOf('d', '--home-dir', '--home') ?? ''], false)
        : [];
    default:
      return has('H', '--no-create-home') ? [] : folders(words[0], [valueOf('h', '--home') ?? ''], false);
  }
}

function folders(owner: string | undefined, paths: readonly string[], below: boolean): GivenFolder[] {
  const user = owner?.split(/[:.]/)[0] ?? '';
  if (!/^[\w-]+$/.test(user)) return [];
  return paths
    .filter((path) => path.startsWith('/'))
    .map((path) => ({ path: path.replace(/(.)\/+$/, '$1'), user, below }));
}
