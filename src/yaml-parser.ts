/**
 * What is used of the YAML parser, by name. The package is CommonJS: esbuild gives its names to `import … from`, but only
 * a default export to `import()`, where it is imported both ways.
 */
export { isAlias, isMap, isPair, isScalar, isSeq, parse, parseAllDocuments, parseDocument } from 'yaml';
export type { Document } from 'yaml';
