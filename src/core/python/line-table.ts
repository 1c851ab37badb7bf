/**
 * The line of an instruction, by the line table of its code object.
 *
 * @param minor CPython 3.`minor`: `co_lnotab` up to 3.9, `co_linetable` of PEP 626 in 3.10, of PEP 657 since.
 * @param lasti offset of the instruction in bytes; below 0 before the first one.
 * @returns undefined where the instruction belongs to no line.
 */
export function lineAt(minor: number, table: Buffer, firstLine: number, lasti: number): number | undefined {
  if (lasti < 0) return firstLine;
  if (minor >= 11) return lineOfLocations(table, firstLine, lasti);
  return minor === 10 ? lineOfRanges(table, firstLine, lasti) : lineOfNotes(table, firstLine, lasti);
}

/** Objects/lnotab_notes.txt of 3.8 and 3.9: pairs of unsigned address and signed line steps. */
function lineOfNotes(table: Buffer, firstLine: number, lasti: number): number {
  let address = 0;
  let line = firstLine;
  for (let at = 0; at + 1 < table.length; at += 2) {
    address += table.readUInt8(at);
    if (address > lasti) break;
    line += table.readInt8(at + 1);
  }
  return line;
}

/** Objects/lnotab_notes.txt of 3.10: ranges; a line step of -128 means no line. */
function lineOfRanges(table: Buffer, firstLine: number, lasti: number): number | undefined {
  let end = 0;
  let line = firstLine;
  for (let at = 0; at + 1 < table.length; at += 2) {
    const start = end;
    end += table.readUInt8(at);
    const step = table.readInt8(at + 1);
    if (step !== -128) line += step;
    if (start <= lasti && lasti < end) return step === -128 ? undefined : line;
  }
  return undefined;
}

/** Objects/locations.md of 3.11 and later: entries of 1 to 8 code units of two bytes. */
function lineOfLocations(table: Buffer, firstLine: number, lasti: number): number | undefined {
  let at = 0;
  let end = 0;
  let line = firstLine;
  // Numbers of six bits each, the lowest first; bit 6 says that there is more.
  const number = (): number => {
    let value = 0;
    for (let shift = 1; at < table.length; shift *= 64) {
      const byte = table[at] ?? 0;
      at += 1;
      value += (byte & 63) * shift;
      if ((byte & 64) === 0) break;
    }
    return value;
  };
  while (at < table.length) {
    const head = table[at] ?? 0;
    at += 1;
    const code = (head >>> 3) & 15;
    end += ((head & 7) + 1) * 2;
    let none = false;
    if (code === 15) none = true;
    else if (code >= 13) {
      const step = number();
      line += step % 2 === 1 ? -((step - 1) / 2) : step / 2;
      if (code === 14) {
        number();
        number();
        number();
      }
    } else if (code >= 10) {
      line += code - 10;
      at += 2;
    } else {
      at += 1;
    }
    if (lasti < end) return none ? undefined : line;
  }
  return undefined;
}
