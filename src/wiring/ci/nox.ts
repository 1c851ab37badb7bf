import { atEnd } from '../../edit/insertion.ts';
import { loadPythonParser, parsePython } from '../../project/readers/python/syntax.ts';
import { render } from '../../templates.ts';
import { VERSION } from '../../version.ts';
import type { Situation, Wiring } from '../wiring.ts';

const NOX = 'noxfile.py';

/** A session at the end of noxfile.py; printed, where there is none that imports nox under its name. */
export async function wireNox(wiring: Wiring, { read }: Situation): Promise<void> {
  const session = render('ci/nox.py', { version: VERSION });
  const file = read(NOX);
  if (file !== undefined && /pycrash-init/.test(file.text)) {
    wiring.wishes.push({ kind: 'ci', path: NOX, good: true });
    return;
  }
  const parsed = file === undefined ? undefined : parsePython(await loadPythonParser(), file);
  const isSafe =
    parsed !== undefined &&
    parsed.error === undefined &&
    /^import nox\b/m.test(parsed.file.text) &&
    !/^def pycrash\b/m.test(parsed.file.text);
  if (file !== undefined && isSafe) {
    wiring.wishes.push({ kind: 'ci', path: NOX, insertions: [atEnd(file.text, session, 2)] });
    return;
  }
  wiring.notes.push({
    code: 'ci-by-hand',
    message: `${file === undefined ? `there is no ${NOX}` : `${NOX} was left alone`}; a session of nox is this:\n${session.trimEnd()}`,
  });
}
