import { fileURLToPath } from 'node:url';

// `../` is the package's folder from src/package-files.ts and from the flat dist/ alike.
const PACKAGE_FOLDER = new URL('../', import.meta.url);

/** Absolute path of a file that the package ships, e.g. `dist/tree-sitter.wasm`. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, PACKAGE_FOLDER));
}
