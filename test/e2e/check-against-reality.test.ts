import { expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { expectSection } from '../reality/page.ts';
import { UNITS } from '../reality/systemd.ts';
import { runUnits } from '../reality/systemd-run.ts';

test('check calls no systemd unit good that then is not', async (context) => {
  needs(context, 'root', 'systemd', 'tini, dumb-init, gosu', 'plain core pattern');
  const { version, rows, settled } = await runUnits(UNITS);
  expect(settled).toBe(true);
  expectSection('systemd', `systemd ${version}`, rows);
});
