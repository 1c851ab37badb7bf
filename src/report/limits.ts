/** How much of files and of other programs' output a report has; what comes from the core has the limits of src/core/limits.ts. */
export const REPORT_LIMITS = {
  /** Characters of one source line. */
  sourceCharacters: 500,
  /** Bytes of a source file. */
  sourceBytes: 10_000_000,
  /** Frames of C code of one thread. */
  nativeFrames: 5000,
  /** Characters of a report in markdown: GitHub refuses an issue of more than 65,536. */
  markdownCharacters: 60_000,
} as const;
