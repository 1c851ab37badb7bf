import cpython310 from './layouts/cpython-3.10.json' with { type: 'json' };
import cpython311 from './layouts/cpython-3.11.json' with { type: 'json' };
import cpython312 from './layouts/cpython-3.12.json' with { type: 'json' };
import cpython313 from './layouts/cpython-3.13.json' with { type: 'json' };
import cpython313t from './layouts/cpython-3.13t.json' with { type: 'json' };
import cpython314 from './layouts/cpython-3.14.json' with { type: 'json' };
import cpython314t from './layouts/cpython-3.14t.json' with { type: 'json' };
import cpython315 from './layouts/cpython-3.15.json' with { type: 'json' };
import cpython315t from './layouts/cpython-3.15t.json' with { type: 'json' };
import cpython38 from './layouts/cpython-3.8.json' with { type: 'json' };
import cpython39 from './layouts/cpython-3.9.json' with { type: 'json' };

/** Where the fields of CPython's structures are, for one minor version. */
export interface Layout {
  /** 8 to 15. */
  minor: number;
  /** Built with `--disable-gil` (PEP 703): every object begins with two words more. */
  freeThreaded: boolean;
  source: string;
  /**
   * The offset in bytes of a field, `structure.field`, the number of its first bit if it is a bit field, or the size,
   * `structure.size`; NaN where that version has it not, so that whatever is read with it is missing memory.
   */
  at(field: string): number;
  has(field: string): boolean;
}

/** A table as `.build/layouts/make.mjs` writes it; a bit field is [first bit, number of bits]. */
export interface LayoutTable {
  version: string;
  provenance: { file: string; buildId: string; producer: string }[];
  offsets: Record<string, number | number[]>;
}

export const TABLES: readonly LayoutTable[] = [
  cpython38,
  cpython39,
  cpython310,
  cpython311,
  cpython312,
  cpython313,
  cpython313t,
  cpython314,
  cpython314t,
  cpython315,
  cpython315t,
];

/** The layouts of every version that we know, the oldest first. */
export const LAYOUTS: readonly Layout[] = TABLES.map(layoutOf);

export function layoutOf(table: LayoutTable): Layout {
  // The bundle parses the offsets when they are first asked for (.build/bundle.mjs), and one version is asked.
  let offsets: ReadonlyMap<string, number> | undefined;
  const known = (): ReadonlyMap<string, number> => (offsets ??= offsetsOf(table));
  return {
    minor: Number.parseInt(table.version.split('.')[1] ?? '', 10),
    freeThreaded: table.version.endsWith('t'),
    source: `table of CPython ${table.version} (${table.provenance[0]?.file ?? 'unknown'})`,
    at: (field) => known().get(field) ?? NaN,
    has: (field) => known().has(field),
  };
}

function offsetsOf(table: LayoutTable): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const [name, at] of Object.entries(table.offsets)) {
    const first = typeof at === 'number' ? at : at[0];
    if (first !== undefined) offsets.set(name, first);
  }
  return offsets;
}
