import { execa } from 'execa';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { rulePages } from '../rules/pages.ts';
import { pycrash } from './pycrash.ts';

/** A key a line; those that systemd has to ignore carry the rule that says so. */
const LINES = [
  ['Unit', 'StartLimitIntervalSec=0', undefined],
  ['Unit', 'StartLimitBurst=five', 'PYC019'],
  ['Unit', 'Restart=always', 'PYC014'],
  ['Service', 'Restart=on-failure', undefined],
  ['Service', 'Restart=on-fail', 'PYC019'],
  ['Service', 'Restart=On-Failure', 'PYC019'],
  ['Service', 'RestartSec=1min 5s', undefined],
  ['Service', 'RestartSec=soon', 'PYC019'],
  ['Service', 'LimtCORE=infinity', 'PYC020'],
  ['Service', 'LimitCore=infinity', 'PYC020'],
  ['Service', 'LimitCORE=infinity', undefined],
  ['Service', 'LimitCORE=1G:infinity', undefined],
  ['Service', 'LimitCORE=unlimited', 'PYC019'],
  ['Service', 'StartLimitIntervalSec=0', 'PYC014'],
  ['Service', 'StartLimitInterval=0', undefined],
  ['Service', 'StartLimitBurst=3', undefined],
  ['Service', 'ProtectSystem=strict', undefined],
  ['Service', 'ProtectSystem=all', 'PYC019'],
  ['Service', 'PrivateTmp=Yes', undefined],
  ['Service', 'TimeoutStopSec=1.5h', undefined],
  ['Service', 'X-Key=1', undefined],
  ['Service', 'WantedBy=multi-user.target', 'PYC014'],
  ['Service', 'RestartSteps=3', 'PYC021'],
] as const;

test('check ignores what systemd ignores, line by line', async (context) => {
  needs(context, 'systemd');
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-analyze-'));
  try {
    const head = {
      Unit: '[Unit]\nDescription=x\n',
      Service: '[Service]\nExecStart=/usr/bin/python3 -m gunicorn -w 2 shop.wsgi\n',
    };
    const text = (['Unit', 'Service'] as const)
      .map(
        (section) =>
          head[section] +
          LINES.filter(([own]) => own === section)
            .map(([, line]) => `${line}\n`)
            .join(''),
      )
      .join('');
    writeFileSync(join(folder, 'shop.service'), text);
    const lines = text.split('\n');
    const analyze = await execa('systemd-analyze', ['verify', '--man=no', join(folder, 'shop.service')], {
      all: true,
      reject: false,
    });
    const ignored = [...analyze.all.matchAll(/shop\.service:(\d+): /g)].map(([, line]) => Number(line));
    const version = /^systemd (\d+)/.exec((await execa('systemctl', ['--version'])).stdout)?.[1] ?? '';
    const outcome = await pycrash(['check', folder, '--json', '--systemd-version', version]);
    const found = (
      JSON.parse(outcome.stdout) as { findings: { rule: string; line: number }[] }
    ).findings.filter(({ rule }) => /PYC0(14|19|20|21)/.test(rule));
    const shown = (numbers: number[]) =>
      [...new Set(numbers)].sort((a, b) => a - b).map((line) => lines[line - 1]);
    expect(shown(found.map(({ line }) => line))).toEqual(shown(ignored));
    expect(found.map(({ rule, line }) => `${rule} ${lines[line - 1] ?? ''}`).sort()).toEqual(
      LINES.filter(
        ([, line, rule]) => rule !== undefined && (rule !== 'PYC021' || shown(ignored).includes(line)),
      )
        .map(([, line, rule]) => `${rule ?? ''} ${line}`)
        .sort(),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('systemd complains of what the pages say that it complains of, and of no other unit of theirs', async (context) => {
  needs(context, 'systemd');
  const version = Number(/^systemd (\d+)/.exec((await execa('systemctl', ['--version'])).stdout)?.[1]);
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-analyze-'));
  try {
    const units = new Set<string>();
    for (const { id, examples } of rulePages()) {
      for (const { kind, files } of examples) {
        for (const [path, text] of files) {
          const dropIn = /^deploy\/[\w-]+\.service(\.d\/.*)?$/.exec(path);
          if (dropIn === null) continue;
          const name = `${id}-${kind}.service`;
          units.add(name);
          const file = join(folder, name + (dropIn[1] ?? ''));
          mkdirSync(dirname(file), { recursive: true });
          // a program that is not there would be complained of
          writeFileSync(file, text.replaceAll(/(?:\/srv\/shop\/)?venv\/bin\/\w+/g, '/usr/bin/env'));
        }
      }
    }
    const paths = [...units].map((name) => join(folder, name));
    const words = ['verify', '--man=no', ...paths];
    const { all } = await execa('systemd-analyze', words, { all: true, reject: false });
    const named = all.matchAll(/(PYC\d+-\w+)\.service/g);
    const newer = version < 254 ? ['PYC021-wrong'] : [];
    expect([...new Set([...named].map(([, name]) => name))].sort(), all).toEqual([
      'PYC014-wrong',
      'PYC019-wrong',
      'PYC020-wrong',
      ...newer,
      'PYC045-wrong',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
