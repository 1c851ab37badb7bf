/** The SHA-256 of bytes, or of a text in UTF-8, in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  // loaded when it is needed: 3 of the 80 ms of `check`, which mostly has nothing to hash
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');
}
