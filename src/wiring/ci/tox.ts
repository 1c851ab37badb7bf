import { atEnd } from '../../edit/insertion.ts';
import { CONFIGPARSER, readIni } from '../../project/readers/ini.ts';
import { render } from '../../templates.ts';
import { VERSION } from '../../version.ts';
import type { Situation, Wiring } from '../wiring.ts';

const TOX = 'tox.ini';

/** An environment at the end of tox.ini, which `tox -e pycrash` runs; printed, where tox is set up elsewhere. */
export function wireTox(wiring: Wiring, { read }: Situation): void {
  const environment = render('ci/tox.ini', { version: VERSION });
  const file = read(TOX);
  if (/\[testenv:pycrash\]/.test(file?.text ?? '')) {
    wiring.wishes.push({ kind: 'ci', path: TOX, good: true });
  } else if (
    file !== undefined &&
    readIni(file, CONFIGPARSER).sections.some(({ value }) => /^(tox|testenv)\b/.test(value))
  ) {
    wiring.wishes.push({ kind: 'ci', path: TOX, insertions: [atEnd(file.text, environment, 1)] });
  } else {
    wiring.notes.push({
      code: 'ci-by-hand',
      message: `there is no ${TOX} of tox here; where tox is set up it wants this, in its own format:\n${environment.trimEnd()}`,
    });
  }
}
