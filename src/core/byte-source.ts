/** Anything that bytes can be read from at a position: the one way in which the reader touches a file. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** Fills `into` from `position`; returns how many bytes there were (0 past the end). Never throws. */
  read(into: Uint8Array, position: number): number;
}
