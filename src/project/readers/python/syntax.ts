import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Node, Parser as TreeSitterParser } from 'web-tree-sitter';
import { packageFile } from '../../../package-files.ts';
import type { SourceFile } from '../text.ts';

let parser: Promise<TreeSitterParser> | undefined;

/** Loads the parser; 20 ms the first time, so begin it early and wait for it late. */
export function loadPythonParser(): Promise<TreeSitterParser> {
  return (parser ??= load());
}

async function load(): Promise<TreeSitterParser> {
  const { Language, Parser } = await import('web-tree-sitter');
  // Compiling the parser a second time for speed costs a third of the whole run's processor time and comes too late for
  // the few files that are parsed (v8.dev/blog/liftoff). Not before the import: with other flags V8 refuses the compiled
  // JavaScript that was kept (src/compile-cache.ts).
  setFlagsFromString('--liftoff-only');
  await Parser.init({ locateFile: () => packageFile('dist/tree-sitter.wasm') });
  const loaded = new Parser();
  // its bytes, not its path: Node would load fs/promises
  loaded.setLanguage(await Language.load(readFileSync(packageFile('dist/tree-sitter-python.wasm'))));
  return loaded;
}

/** A node of a Python file's syntax tree; its type is one of tree-sitter-python's. Children are made when asked for. */
export class Syntax {
  readonly type: string;
  readonly start: number;
  readonly file: SourceFile;
  readonly #node: Node;
  // Every question to the tree is a call into WebAssembly, so each is asked once, and only when it matters.
  #end: number | undefined;
  #children: readonly Syntax[] | undefined;
  #named: readonly Syntax[] | undefined;
  #fields: Map<string, Syntax | undefined> | undefined;

  constructor(file: SourceFile, node: Node) {
    this.file = file;
    this.#node = node;
    this.type = node.type;
    this.start = node.startIndex;
  }

  get end(): number {
    return (this.#end ??= this.#node.endIndex);
  }

  /** Tokens too (`=`, `(`, `if` …), comments not. */
  get children(): readonly Syntax[] {
    return (this.#children ??= this.#node.children.flatMap((child) =>
      child === null || child.type === 'comment' || child.type === 'line_continuation'
        ? []
        : [new Syntax(this.file, child)],
    ));
  }

  /** Children that are no mere tokens. */
  get named(): readonly Syntax[] {
    return (this.#named ??= this.children.filter((child) => child.#isNamed));
  }

  get #isNamed(): boolean {
    return BOTH.has(this.type)
      ? this.#node.isNamed
      : /^[a-z][a-z_]*$/.test(this.type) && !KEYWORDS.has(this.type);
  }

  get text(): string {
    return this.file.text.slice(this.start, this.end);
  }

  child(type: string): Syntax | undefined {
    return this.children.find((child) => child.type === type);
  }

  field(name: string): Syntax | undefined {
    const fields = (this.#fields ??= new Map());
    if (fields.has(name)) return fields.get(name);
    const found = this.#node.childForFieldName(name);
    const field = found === null ? undefined : new Syntax(this.file, found);
    fields.set(name, field);
    return field;
  }
}

/** Types that a token and a node share. */
const BOTH = new Set(['await', 'lambda', 'type', 'yield']);

/** Tokens that are words. */
const KEYWORDS = new Set(
  'and as assert async break case class continue def del elif else except exec finally for from global if import in is match nonlocal not or pass print raise return try while with'.split(
    ' ',
  ),
);

export interface PythonFile {
  file: SourceFile;
  module: Syntax;
  /** Where the parser had to guess: the first such place. */
  error?: { start: number; end: number };
}

/** Parses a file; never throws on broken Python: `error` says where it breaks. Needs `loadPythonParser()`. */
export function parsePython(loaded: TreeSitterParser, file: SourceFile): PythonFile {
  const tree = loaded.parse(file.text);
  if (tree === null) throw new Error('the Python parser has no language');
  const root = tree.rootNode;
  const module = new Syntax(file, root);
  if (!root.hasError) return { file, module };
  const broken = firstError(root);
  return { file, module, error: { start: broken.startIndex, end: broken.endIndex } };
}

function firstError(root: Node): Node {
  let node = root;
  for (;;) {
    if (node.isError || node.isMissing) return node;
    const next = node.children.find((child) => child !== null && (child.hasError || child.isMissing));
    if (next === null || next === undefined) return node;
    node = next;
  }
}
