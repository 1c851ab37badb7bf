import { describe, expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { verifyUnits } from '../systemd-verify.ts';
import { pycrash } from './pycrash.ts';

describe('pycrash unit systemd', () => {
  // for the machine's own systemd; newer keys are tested as text below
  test.each(['239', '247'])('prints a unit that systemd takes without a word (for %s)', async (version) => {
    const { exitCode, stdout, stderr } = await pycrash([
      'unit',
      'systemd',
      '--name=shop',
      '--user=root',
      '--command=/bin/sh -c true',
      `--systemd-version=${version}`,
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(verifyUnits({ 'shop.service': stdout })).toEqual({ status: 0, output: '' });
  });

  test('prints a drop-in that systemd takes', async (context) => {
    needs(context, 'systemd');
    const { stdout } = await pycrash(['unit', 'systemd', '--drop-in', '--name', 'shop.service']);
    const unit = '[Service]\nExecStart=/bin/true\n';
    expect(verifyUnits({ 'shop.service': unit, 'shop.service.d/10-pycrash.conf': stdout })).toEqual({
      status: 0,
      output: '',
    });
    const broken = stdout.replace('LimitCORE=', 'LimtCORE=');
    expect(verifyUnits({ 'shop.service': unit, 'shop.service.d/10-pycrash.conf': broken }).output).toContain(
      "Unknown key 'LimtCORE'",
    );
  });

  test.each([
    ['219', '[Service]', 'StartLimitInterval=0', false],
    ['252', '[Unit]', 'StartLimitIntervalSec=0', false],
    ['254', '[Unit]', 'StartLimitIntervalSec=0', true],
  ] as const)('says it as systemd %s understands it', async (version, section, line, steps) => {
    const { stdout } = await pycrash(['unit', 'systemd', '--drop-in', '--systemd-version', version]);
    expect(keys(stdout)).toEqual([
      `${section}${line}`,
      '[Service]Restart=on-failure',
      '[Service]RestartSec=1s',
      ...(steps ? ['[Service]RestartSteps=5', '[Service]RestartMaxDelaySec=30s'] : []),
      '[Service]LimitCORE=infinity',
    ]);
  });

  test('--json has the text and the place', async () => {
    const { stdout } = await pycrash(['unit', 'systemd', '--name', 'shop', '--drop-in', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      kind: 'systemd',
      path: '/etc/systemd/system/shop.service.d/10-pycrash.conf',
      text: expect.stringContaining('LimitCORE=infinity') as unknown,
    });
  });

  test.each([
    [['unit', 'upstart'], "there is no snippet for 'upstart'"],
    [['unit', 'systemd', '--name', 'a b'], "'a b' cannot be the name of a unit"],
    [['unit', 'systemd', '--command', '/bin/true\nUser=root'], 'command must be one line'],
    [['unit', 'systemd', '--systemd-version', 'new'], '--systemd-version new is not a version of systemd'],
  ])('%j is wrong usage', async (args, message) => {
    const { exitCode, stderr, stdout } = await pycrash(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

/** `[Section]Key=value` of every line that is no comment. */
function keys(text: string): string[] {
  let section = '';
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('[')) section = line;
    return /^\w+=/.test(line) ? [`${section}${line}`] : [];
  });
}
