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
