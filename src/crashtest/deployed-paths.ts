/** Replaces each path of `paths`, where it stands as a whole or as the start of a longer one. */
export function withPaths(text: string, paths: ReadonlyMap<string, string>): string {
  const names = [...paths.keys()].sort((a, b) => b.length - a.length);
  if (names.length === 0) return text;
  const escaped = names.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const shape = new RegExp(`(?<![\\w./])(?:${escaped.join('|')})(?![\\w.-])`, 'g');
  return text.replaceAll(shape, (name) => paths.get(name) ?? name);
}
