/** The formats that programs read, as one chunk of the bundle: the package stays under 60 files. */
export { github } from './github.ts';
export { gitlab } from './gitlab.ts';
export { json } from './json.ts';
export { junit } from './junit.ts';
export { sarif } from './sarif.ts';
