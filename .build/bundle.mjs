// Bundles src/ into dist/: two bins, one chunk per command, and the WebAssembly of the Python parser.
import { build } from 'esbuild';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Nothing to do where nothing has changed: several tests and scripts ask for a build, some while others use it.
const stamp = `${root}dist/.stamp`;
const inputs = ['src', 'templates', '.build/bundle.mjs', 'package.json', 'package-lock.json'];
const state = inputs.flatMap((input) => fingerprints(`${root}${input}`)).join('\n');
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) process.exit(0);
rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/pycrash.ts', 'src/pycrash-init.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  chunkNames: 'chunk-[hash]',
  logLevel: 'warning',
  // Bundled CommonJS packages (commander, nunjucks) call require for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  plugins: [
    {
      name: 'loaded when used',
      setup({ onLoad }) {
        // A report asks one version's offsets: parsing all of them takes 5 of its 90 ms.
        onLoad({ filter: /[\\/]layouts[\\/]cpython-[\d.]+\.json$/ }, ({ path }) => {
          const { version, provenance, offsets } = JSON.parse(readFileSync(path, 'utf8'));
          const head = `version: ${JSON.stringify(version)}, provenance: ${JSON.stringify(provenance.slice(0, 1))}`;
          const lazy = `get offsets() { return JSON.parse(${JSON.stringify(JSON.stringify(offsets))}); }`;
          return { contents: `export default { ${head}, ${lazy} };`, loader: 'js' };
        });
        // commander runs subcommands that are programs of their own; there are none here, and loading
        // node:child_process (with node:net and the streams) takes 3 ms.
        onLoad({ filter: /[\\/]commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => {
          const eager = "const childProcess = require('node:child_process');";
          const lazy =
            "const childProcess = { spawn: (...all) => require('node:child_process').spawn(...all) };";
          const text = readFileSync(path, 'utf8');
          if (!text.includes(eager))
            throw new Error(`${path} is another commander than .build/bundle.mjs knows`);
          return { contents: text.replace(eager, () => lazy), loader: 'js' };
        });
      },
    },
  ],
  // nunjucks watches templates with chokidar only where it is asked to; it is never asked to here.
  external: ['chokidar', 'fsevents'],
});
for (const bin of ['pycrash.js', 'pycrash-init.js']) chmodSync(`${root}dist/${bin}`, 0o755);
for (const file of ['web-tree-sitter/tree-sitter.wasm', 'tree-sitter-python/tree-sitter-python.wasm']) {
  copyFileSync(`${root}node_modules/${file}`, `${root}dist/${file.split('/')[1]}`);
}
// One file for all pages of `check --explain`: the number of files is what makes npx slow.
const rules = `${root}src/rules/`;
const pages = readdirSync(rules)
  .filter((file) => /^PYC\d{3}-.*\.md$/.test(file))
  .sort();
writeFileSync(
  `${root}dist/rule-pages.json`,
  JSON.stringify(
    Object.fromEntries(pages.map((file) => [file.slice(0, 6), readFileSync(rules + file, 'utf8')])),
  ),
);
const templates = `${root}templates/`;
const files = readdirSync(templates, { recursive: true, withFileTypes: true }).filter((entry) =>
  entry.isFile(),
);
writeFileSync(
  `${root}dist/templates.json`,
  JSON.stringify(
    Object.fromEntries(
      files.map(({ parentPath, name }) => {
        const path = `${parentPath}/${name}`;
        return [relative(templates, path), readFileSync(path, 'utf8')];
      }),
    ),
  ),
);
// The JSON Schema of every command's document, by the command's name; one file, too.
const schemas = `${root}src/schemas/`;
writeFileSync(
  `${root}dist/schemas.json`,
  JSON.stringify(
    Object.fromEntries(
      readdirSync(schemas).map((file) => [
        file.replace('.schema.json', ''),
        JSON.parse(readFileSync(schemas + file, 'utf8')),
      ]),
    ),
  ),
);
writeFileSync(stamp, state);

/** Name, size and time of a file, or of every file below a folder. */
function fingerprints(path) {
  const { size, mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return [`${path} ${size} ${mtimeMs}`];
  return readdirSync(path)
    .sort()
    .flatMap((name) => fingerprints(`${path}/${name}`));
}
