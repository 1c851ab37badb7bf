import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { lineAt } from '../../src/core/python/line-table.ts';
import { PYTHON_VERSIONS, commandIn, interpreter } from '../python-environment.ts';

// Every code object of these modules, and for each of its instructions the line that Python itself says.
const PROGRAM = `
import dis, json, sys, types
found = []
def walk(code):
    table = code.co_linetable if hasattr(code, "co_linetable") else code.co_lnotab
    lines = {}
    if hasattr(code, "co_lines"):
        for start, end, line in code.co_lines():
            for at in range(start, end, 2):
                lines[at] = line
    else:
        starts = dict(dis.findlinestarts(code))
        line = code.co_firstlineno
        for at in range(0, len(code.co_code), 2):
            line = starts.get(at, line)
            lines[at] = line
    found.append([code.co_firstlineno, table.hex(), list(lines.items())])
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            walk(constant)
for name in ["argparse", "asyncio.base_events", "dataclasses", "enum", "typing"]:
    file = __import__(name, fromlist=["x"]).__file__
    walk(compile(open(file, encoding="utf-8").read(), file, "exec"))
json.dump(found, sys.stdout)
`;

test.each(PYTHON_VERSIONS)('the line of every instruction, Python %s', (version) => {
  const python = interpreter(version);
  if (python === undefined) return;
  const [command, ...args] = commandIn(python, [python.path, '-c', PROGRAM]);
  const printed = execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1e9 });
  const codes = JSON.parse(printed) as [number, string, [number, number | null][]][];
  expect(codes.length).toBeGreaterThan(300);
  let instructions = 0;
  const wrong: string[] = [];
  for (const [firstLine, table, lines] of codes) {
    const bytes = Buffer.from(table, 'hex');
    for (const [at, line] of lines) {
      const ours = lineAt(Number(version.slice(2)), bytes, firstLine, at);
      if (ours !== (line ?? undefined)) wrong.push(`${firstLine}+${at}: ${ours}, but it is ${line}`);
      instructions += 1;
    }
  }
  expect(wrong).toEqual([]);
  expect(instructions).toBeGreaterThan(10_000);
});
