import { lstatSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from './address.ts';
import type { LaunchRequest } from './launch.ts';
import { namedAddress } from './listening.ts';
import { withPaths } from './deployed-paths.ts';

/**
 * A port for the service, with the addresses that its configuration files name taken out of the copy: a service on the same
 * machine may listen there, and uWSGI removes a socket that is there. Where --url or --command say where it listens,
 * that is meant. `paths`: where folders of the deployment are in this run, which the files name too.
 */
export async function portFor(
  { target, place, address }: LaunchRequest,
  paths: ReadonlyMap<string, string> = new Map(),
): Promise<number> {
  const port = await freePort();
  const { command, server } = target;
  const isMeant =
    address !== undefined || (typeof command === 'string' && namedAddress(command, server) !== undefined);
  const here = new Map([...paths].map(([path, own]) => [path, Buffer.from(own).toString('latin1')]));
  const root = realpathSync(place.tree);
  for (const path of configurationFiles(target)) {
    const file = join(place.tree, path);
    try {
      // a link in the repository may lead out of the copy
      if (!`${realpathSync(dirname(file))}/`.startsWith(`${root}/`)) continue;
      // bytes as they are, whatever the encoding
      const text = readFileSync(file, 'latin1');
      const moved = withPaths(isMeant ? text : movedFile(path, text, server, port), here);
      if (moved === text) continue;
      if (lstatSync(file).isSymbolicLink()) rmSync(file);
      writeFileSync(file, moved, 'latin1');
    } catch (error) {
      // a word that only looks like a file
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return port;
}

/** Those that were read for the service, and those that a command names that was given. From the root of the tree. */
function configurationFiles({
  command,
  folder,
  configurationFiles: known,
}: LaunchRequest['target']): string[] {
  if (typeof command !== 'string') return [...known];
  const words = command
    .split(/[\s='"]+/)
    .filter((word) => /^[^/.].*\.(?:ini|xml|ya?ml|json|toml)$/.test(word));
  return [...new Set([...known, ...words.map((word) => join(folder, word))])];
}

/** The text of a server's configuration file without the addresses that it names, or with another one where it needs one. */
export function movedFile(path: string, text: string, server: string, port: number): string {
  if (server === 'hypercorn' && path.endsWith('.toml')) return movedToml(text, port);
  if (server !== 'uwsgi') return text;
  if (/\.xml\b/.test(path)) return text.replaceAll(XML, (element) => element.replaceAll(/[^\n]/g, ''));
  if (/\.json\b/.test(path)) return movedJson(text);
  return /\.ya?ml\b/.test(path) ? movedYaml(text) : movedIni(text);
}

/** Options of uWSGI that bind an address, or name one that was bound (`uwsgi --help` of 2.0); the one to use comes from outside. */
const SOCKETS = [
  's|socket|(?:u|su|pu)wsgi-socket|http-socket|http11-socket|https-socket|fastcgi(?:-nph)?-socket|scgi(?:-nph)?-socket',
  'raw-socket|(?:undeferred-)?shared-socket|map-socket|http|https2?|http-to|http-to-https|fastrouter|rawrouter|sslrouter',
  '(?:emperor-)?stats(?:-server)?|notify-socket|cache-udp-server|udp|snmp|multicast',
].join('|');

const XML = new RegExp(`<(${SOCKETS})>[^<]*</\\1\\s*>`, 'g');

/** Lines are emptied, not taken out: messages keep their line numbers. */
function movedIni(text: string): string {
  const key = new RegExp(`^[ \\t]*(?:${SOCKETS})[ \\t]*=.*?(?=\\r?$)`, 'gm');
  return text.replaceAll(key, '');
}

/** A scalar on its line, or the more indented lines of a list below. */
function movedYaml(text: string): string {
  const key = new RegExp(`^([ \\t]+)(["']?)(?:${SOCKETS})\\2[ \\t]*:(.*)$`);
  let depth: number | undefined;
  const lines = text.split('\n').map((line) => {
    const [, indent, , value = ''] = key.exec(line) ?? [];
    if (indent !== undefined) {
      depth = /^\s*(?:#.*)?$/.test(value) ? indent.length : undefined;
      return '';
    }
    const [own = ''] = /^[ \t]*/.exec(line) ?? [];
    const isItem = /^[ \t]*-(?:\s|$)/.test(line);
    const isBelow = depth !== undefined && (own.length > depth || (own.length === depth && isItem));
    if (isBelow && line.trim() !== '') return '';
    if (line.trim() !== '') depth = undefined;
    return line;
  });
  return lines.join('\n');
}

function movedJson(text: string): string {
  const isSocket = new RegExp(`^(?:${SOCKETS})$`);
  try {
    const document: unknown = JSON.parse(text, function (this: unknown, key, value: unknown) {
      return isSocket.test(key) && !Array.isArray(this) ? undefined : value;
    });
    return `${JSON.stringify(document, undefined, 2)}\n`;
  } catch {
    // uWSGI says what is wrong with it
    return text;
  }
}

/** Where the command is not one that an option can be put into, hypercorn takes its address from here. */
function movedToml(text: string, port: number): string {
  const key = /^([ \t]*(bind|insecure_bind|quic_bind)[ \t]*=[ \t]*)(?:\[[^\]]*\]|"[^"\n]*"|'[^'\n]*')/gm;
  return text.replaceAll(key, (all, start: string, name: string) => {
    const lines = all.replaceAll(/[^\n]/g, '');
    return name === 'bind' ? `${start}"127.0.0.1:${port}"${lines}` : lines;
  });
}
