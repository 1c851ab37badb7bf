/** What a correct `init` does in one repository, read by hand: a line of the table that `--table` names. */
export interface Row {
  /** `owner/name`. */
  repo: string;
  kind: string;
  settingsFile: string;
  form: string;
  verdict: string;
  expectedFirst: string;
  entry: string;
}

/** Reads a table with a header line and tabs between the columns; columns that are not used are ignored. */
export function readTable(text: string): Row[] {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const columns = header.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (column: string): string => cells[columns.indexOf(column)] ?? '';
    return {
      repo: cell('repo'),
      kind: cell('kind'),
      settingsFile: cell('settings_file'),
      form: cell('mw_form'),
      verdict: cell('verdict'),
      expectedFirst: cell('expected_first'),
      entry: cell('entry'),
    };
  });
}

/** The row of a folder that is named owner+name, owner__name or only name. */
export function rowOf(rows: readonly Row[], folder: string): Row | undefined {
  const repo = folder.replace(/\+|__/, '/').toLowerCase();
  return (
    rows.find((row) => row.repo.toLowerCase() === repo) ??
    rows.find((row) => row.repo.toLowerCase().endsWith(`/${repo}`))
  );
}

/** The Python files that a cell names, as paths or as the modules of `module:object` and `wsgi module`. */
export function filesNamed(cell: string): string[] {
  const paths = cell.match(/[\w./-]+\.py\b/g) ?? [];
  const modules = [
    ...cell.matchAll(/(?:\b(?:wsgi|asgi|factory)\s+|^)([A-Za-z_][\w.]*)(?=:|\s|;|$)|([A-Za-z_][\w.]*):\w+/g),
  ]
    .map((match) => match[1] ?? match[2] ?? '')
    .flatMap((name) => {
      const path = name.replaceAll('.', '/');
      return name === '' || name.endsWith('.py') ? [] : [`${path}.py`, `${path}/__init__.py`];
    });
  return [...paths, ...modules];
}

/** Is `file` one of those named, where a name may be the end of the path only? */
export function isNamed(file: string, names: readonly string[]): boolean {
  return names.some((name) => file === name || file.endsWith(`/${name}`));
}
