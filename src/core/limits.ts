/**
 * How much of a core is read and reported. What a limit leaves out is marked where it is missing or in `warnings`:
 * docs/core-reader.md has a line for each, and test/core/limits-in-cores.test.ts a core that reaches it.
 */
export const LIMITS = {
  /** Levels of a value. */
  depth: 6,
  /** Items of one container, attributes of one object. */
  items: 100,
  /** Characters of a text, bytes. */
  characters: 2000,
  /** Objects in one value. */
  objects: 400,
  /** Characters of one value as text. */
  valueCharacters: 4096,
  /** Bits of an int; Python itself shows no more than 4,300 decimal digits (`sys.int_info.default_max_str_digits`). */
  bits: 14_400,
  /** Reads of one value: a huge table that is nearly empty has few objects. */
  reads: 200_000,
  /** Reads of all values of one part of the report. */
  totalReads: 3_000_000,
  /** Objects in all values of one part of the report. */
  total: 60_000,
  /**
   * Reads of one part of the report besides its values. The report of a Django request takes thirty thousand, a hundred and
   * ninety thousand without the interpreter's file.
   */
  partReads: 5_000_000,
  /** Values inside each other in one message. */
  messageDepth: 8,
  /** Entries of a Counter: which are the largest takes a look at all of them. */
  counted: 20_000,
  /** Variables of one frame. */
  locals: 2000,
  /** Calls of one stack or traceback that are looked at. */
  calls: 100_000,
  /** Calls of a stack that is shown whole. */
  wholeStack: 200,
  /** Calls of a longer one that are listed once what is repeated is counted. */
  longStack: 1000,
  /** Coroutines that one task waits in. */
  awaits: 10_000,
  /** Exceptions of one chain that are followed, and members of one group. */
  chain: 100_000,
  /** Exceptions of one chain that are listed. */
  links: 100,
  /** Exceptions, each with its chain, that are listed. */
  exceptions: 200,
  /** Exceptions that one thread, with its generators, was handling. */
  handled: 200,
  /** Notes of one exception. */
  notes: 100,
  /** Bytes that `--scan` searches. */
  scannedBytes: 4 * 1024 ** 3,
  /** Exceptions that `--scan` finds. */
  scanned: 100,
  interpreters: 1000,
  threads: 20_000,
  tasks: 1000,
  greenlets: 1000,
  /** Bytes that are searched for greenlets. The allocator of a free-threaded Python reserves 1 GiB, used or not. */
  greenletBytes: 2 * 1024 ** 3,
  /** Modules of one interpreter. */
  modules: 50_000,
  /** Headers of the request. */
  headers: 200,
  /** Words of the command line. */
  words: 10_000,
  /** Variables of the environment. */
  variables: 10_000,
  /** Bytes of such a word or variable. */
  wordBytes: 32_768,
} as const;

/** A limit for each of them; tests set other ones. */
export type Limits = Readonly<Record<keyof typeof LIMITS, number>>;
