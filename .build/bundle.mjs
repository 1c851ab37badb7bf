// Bundles src/ into dist/: two bins, one chunk per command, and the WebAssembly of the Python parser.
import { build, transform } from 'esbuild';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Nothing to do where nothing has changed: several tests and scripts ask for a build, some while others use it.
const stamp = `${root}dist/.stamp`;
const inputs = ['src', 'templates', '.build/bundle.mjs', 'package.json', 'package-lock.json'];
const state = inputs.flatMap((input) => fingerprints(`${root}${input}`)).join('\n');
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) process.exit(0);
rmSync(`${root}dist`, { recursive: true, force: true });
const target = 'node20.19';
// commander runs subcommands that are programs of their own; there are none here, and loading node:child_process (with
// node:net and the streams) takes 3 ms.
const COMMANDER = [
  [
    "const childProcess = require('node:child_process');",
    "const childProcess = { spawn: (...all) => require('node:child_process').spawn(...all) };",
  ],
];
// The require that it makes for itself is there in CommonJS.
const TREE_SITTER = [
  ['const { createRequire } = await import("module");', ''],
  ['var require = createRequire(import.meta.url);', ''],
];
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/pycrash.ts', 'src/pycrash-init.ts'],
  outdir: 'dist',
  bundle: true,
  write: false,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  chunkNames: 'chunk-[hash]',
  logLevel: 'warning',
  plugins: [
    {
      name: 'loaded when used',
      setup({ onLoad }) {
        // A report asks one version's offsets: parsing all of them takes 5 of its 90 ms.
        onLoad({ filter: /[\\/]layouts[\\/]cpython-[\d.]+t?\.json$/ }, ({ path }) => {
          const { version, provenance, offsets } = JSON.parse(readFileSync(path, 'utf8'));
          const head = `version: ${JSON.stringify(version)}, provenance: ${JSON.stringify(provenance.slice(0, 1))}`;
          const lazy = `get offsets() { return JSON.parse(${JSON.stringify(JSON.stringify(offsets))}); }`;
          return { contents: `export default { ${head}, ${lazy} };`, loader: 'js' };
        });
        onLoad(
          { filter: /[\\/](commander[\\/]lib[\\/]command|web-tree-sitter[\\/]tree-sitter)\.js$/ },
          ({ path }) => {
            let contents = readFileSync(path, 'utf8');
            for (const [eager, lazy] of path.endsWith('command.js') ? COMMANDER : TREE_SITTER) {
              if (!contents.includes(eager))
                throw new Error(`${path} is another version than .build/bundle.mjs knows`);
              contents = contents.replace(eager, () => lazy);
            }
            return { contents, loader: 'js' };
          },
        );
      },
    },
  ],
  // nunjucks watches templates with chokidar only where it is asked to; it is never asked to here.
  external: ['chokidar', 'fsevents'],
});
// esbuild splits ES modules only, and those take Node's asynchronous loader: 5 of the 58 ms of `--version` on Node 20,
// 8 of the 115 of a report.
mkdirSync(`${root}dist`);
writeFileSync(`${root}dist/package.json`, '{ "type": "commonjs" }\n');
const code = new Map();
for (const { path, text } of outputFiles) {
  const transformed = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target,
    minifySyntax: true,
    minifyWhitespace: true,
    // `import()` as `require`: the other one brings the loader back
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl' },
    ...(text.includes('import.meta.url')
      ? { banner: 'const __moduleUrl=require("node:url").pathToFileURL(__filename).href;' }
      : {}),
  });
  code.set(basename(path), transformed.code);
}
for (const [name, text] of withSmallOnesInOne(code)) writeFileSync(`${root}dist/${name}`, text);
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

/**
 * esbuild makes a chunk of whatever two others share, mostly of a function or two; the number of files is what makes
 * npx slow. So the small chunks are functions in one file, each run when it is first asked for. The names of all have
 * the hash of the whole: what V8 compiled is kept by name (src/compiled-code.ts).
 */
function withSmallOnesInOne(chunks) {
  const hash = createHash('sha256')
    .update(JSON.stringify([...chunks]))
    .digest('hex')
    .slice(0, 8);
  const isSmall = (name) => isChunk(name) && chunks.get(name).length < 4000;
  const renamed = (name) => (isChunk(name) ? name.replace('.js', `-${hash}.js`) : name);
  const redirected = (text) =>
    text.replaceAll(/\brequire\("\.\/(chunk-\w+\.js)"\)/g, (_, name) =>
      isSmall(name) ? `require("./small-${hash}.js")("${name}")` : `require("./${renamed(name)}")`,
    );
  const texts = [...chunks].map(([name, text]) => [name, redirected(text)]);
  const functions = texts
    .filter(([name]) => isSmall(name))
    .map(([name, text]) => `${JSON.stringify(name)}(exports,module){${text}}`);
  const small = `const modules={${functions.join(',')}},made={};module.exports=name=>{let module=made[name];if(!module){made[name]=module={exports:{}};modules[name](module.exports,module)}return module.exports};`;
  const large = texts.filter(([name]) => !isSmall(name)).map(([name, text]) => [renamed(name), text]);
  return [...large, [`small-${hash}.js`, small]];
}

function isChunk(name) {
  return name.startsWith('chunk-');
}
