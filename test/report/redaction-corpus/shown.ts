import { Redaction } from '../../../src/report/redaction/redaction.ts';
import type { Planted } from './shapes.ts';

/** All that a report shows of what was planted. */
export function shown(planted: Planted): string[] {
  const { locals = {}, message, source, cmdline, environment = {}, headers = {}, path, query } = planted;
  return new Redaction('default').through((door) => [
    ...Object.entries(locals).map(([name, value]) => door.value(name, value).repr),
    ...(message === undefined ? [] : [door.text(message)]),
    ...(source === undefined ? [] : [door.source(source)]),
    ...(cmdline === undefined ? [] : door.words(cmdline)),
    ...[...Object.entries(environment), ...Object.entries(headers)].map(([name, text]) =>
      door.named(name, text),
    ),
    ...(path === undefined ? [] : [door.path(path)]),
    ...(query === undefined ? [] : [door.text(query)]),
  ]);
}

/** Is the secret, or six characters of it in a row that say something, in what is shown? */
export function isShown({ secret, planted }: { secret: string; planted: Planted }): boolean {
  const all = shown(planted).join('\n');
  const least = Math.min(secret.length, 6);
  for (let at = 0; at + least <= secret.length; at += 1) {
    const part = secret.slice(at, at + least);
    if (all.includes(part)) return true;
  }
  return [
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replaceAll('=', ''),
    JSON.stringify(secret).slice(1, -1),
  ].some((each) => all.includes(each));
}
