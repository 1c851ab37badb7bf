/** Bytes of the units of sizes in systemd's files: base 1024 (systemd.exec(5), coredump.conf(5)); without a unit bytes. */
export const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
  E: 2 ** 60,
};

/** A resource limit in bytes; Infinity for `infinity`. */
export interface Limit {
  soft: number;
  hard: number;
}

/**
 * A resource limit of a unit, `both` or `soft:hard`; undefined for what systemd takes for none, and then ignores, such as
 * `unlimited` or a soft limit above the hard one (src/basic/rlimit-util.c, rlimit_parse; systemd 252 asked for each).
 */
export function systemdLimit(text: string): Limit | undefined {
  const colon = text.indexOf(':');
  const soft = sizeOf(colon === -1 ? text : text.slice(0, colon));
  const hard = colon === -1 ? soft : sizeOf(text.slice(colon + 1));
  return soft === undefined || hard === undefined || soft > hard ? undefined : { soft, hard };
}

/** Parts from large to small, each with a fraction if it likes: `1.5G`, `8 G`, `8G 512M` (src/basic/parse-util.c, parse_size). */
export function sizeOf(text: string): number | undefined {
  if (text === 'infinity') return Infinity;
  if (!/^\d/.test(text)) return undefined;
  let sum = 0;
  const rest = text.replace(
    /\s*(\d+)(\.\d+)?\s*([BKMGTPE]?)(?=\s|$)/g,
    (_all, whole: string, part: string | undefined, unit: string) => {
      sum += Math.floor(Number(`${whole}${part ?? ''}`) * (SIZE_UNITS[unit] ?? 1));
      return '';
    },
  );
  return rest === '' && sum < 2 ** 64 ? sum : undefined;
}
