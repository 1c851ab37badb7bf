/** A command line shown in a page, with the output shown under it. */
interface ShownCommand {
  line: number;
  command: string;
  /** Lines of output that the page shows; `…` stands for anything. */
  output: string[];
  exitCode: number;
}

export interface Page {
  /** Name of a folder in examples/ that the page's commands run in; a page without one runs in an empty folder. */
  example?: string;
  /** Parts that the page's commands need (see test/parts.ts). */
  needs: string[];
  commands: ShownCommand[];
}

const DIRECTIVE = /^<!-- (example|needs|before|exit|not run): (.*) -->$/;

/**
 * Reads what a page of documentation shows as run on a command line.
 *
 * Every fenced `console` block is run: lines that start with `$ ` are commands, the lines up to the next command are
 * their output. Comments above steer it: `<!-- example: django-shop -->` once a page; `<!-- needs: root, gdb -->`;
 * `<!-- before: COMMAND -->` runs a command that is not shown; `<!-- exit: 1 -->` is the exit code of the last
 * command of the next block; `<!-- not run: REASON -->` leaves the next block out.
 */
export function readPage(text: string): Page {
  const page: Page = { needs: [], commands: [] };
  const lines = text.split('\n');
  let skip = false;
  let exitCode = 0;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const directive = DIRECTIVE.exec(line);
    if (directive !== null) {
      const [, name, value = ''] = directive;
      if (name === 'example') page.example = value;
      else if (name === 'needs') page.needs.push(...value.split(/, */));
      else if (name === 'before')
        page.commands.push({ line: index + 1, command: value, output: ['…'], exitCode: 0 });
      else if (name === 'exit') exitCode = Number(value);
      else skip = true;
    } else if (line.trimEnd() === '```console') {
      const block: ShownCommand[] = [];
      for (index += 1; index < lines.length && lines[index] !== '```'; index += 1) {
        const shown = lines[index] ?? '';
        const last = block.at(-1);
        if (shown.startsWith('$ ')) {
          block.push({ line: index + 1, command: shown.slice(2), output: [], exitCode: 0 });
        } else if (last?.output.length === 0 && last.command.endsWith('\\')) {
          last.command = `${last.command.slice(0, -1)}${shown.trimStart()}`;
        } else {
          last?.output.push(shown);
        }
      }
      const last = block.at(-1);
      if (last !== undefined) last.exitCode = exitCode;
      if (!skip) page.commands.push(...block);
      skip = false;
      exitCode = 0;
    }
  }
  return page;
}

/**
 * Compares output with what a page shows. `…` inside a line stands for any text, a line of `…` alone for any number
 * of lines. Returns the first shown line that is not there, or undefined where everything is.
 */
export function firstDifference(shown: readonly string[], actual: string): string | undefined {
  const lines = actual.replace(/\n+$/, '').split('\n');
  let at = 0;
  let anywhere = false;
  for (const line of trimmed(shown)) {
    if (line.trim() === '…') {
      anywhere = true;
      continue;
    }
    const pattern = new RegExp(`^${line.split('…').map(escaped).join('.*')}\\s*$`, 'u');
    const end = anywhere ? lines.length : Math.min(at + 1, lines.length);
    let found = at;
    while (found < end && !pattern.test(lines[found] ?? '')) found += 1;
    if (found >= end) return line;
    at = found + 1;
    anywhere = false;
  }
  const rest = lines.slice(at).filter((line) => line !== '');
  return anywhere || rest.length === 0 ? undefined : `(nothing more) but there is: ${rest[0] ?? ''}`;
}

function trimmed(lines: readonly string[]): string[] {
  const copy = [...lines];
  while (copy.at(-1) === '') copy.pop();
  return copy;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
