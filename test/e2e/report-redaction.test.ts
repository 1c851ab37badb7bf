import { expect, test } from 'vitest';
import type { CrashReport } from '../../src/report/model.ts';
import { makeCore } from './cores/make-core.ts';
import { pythonBuild } from './cores/python-builds.ts';
import { pycrash } from './pycrash.ts';

/** The secrets of programs/planted.py that are in a text. */
const planted = (text: string): Set<string> => new Set(text.match(/Kz\d\d/g));

test.each(['3.8', '3.11 debian', '3.13'])('Python %s: no secret gets past the redaction', async (id) => {
  const build = pythonBuild(id);
  if (build === undefined) throw new Error(`needs Python ${id}`);
  const core = await makeCore(build, '--token=Kz20hf72Lq', {
    program: 'planted.py',
    environment: { DBPASS: 'Kz21hf72Lq', DATABASE_URL: 'postgres://ada:Kz22hf72Lq@db/shop' },
  });
  const report = async (...more: string[]): Promise<string> =>
    (await pycrash(['report', core.path, '--threads', '--locals', 'all', ...more])).stdout;
  try {
    const everything = await report('--json', '--redact', 'none');
    // the value of a Morsel is an attribute of a dict, which no report shows; add_note came with 3.11
    const all = 21 - (id === '3.8' ? 1 : 0);
    expect(planted(everything).size).toBe(all);
    for (const format of ['text', 'json', 'html', 'markdown']) {
      const shown = await report('--format', format);
      expect([...planted(shown)], format).toEqual([]);
      expect(shown).toContain('[redacted]');
    }
    const { exceptions, redaction } = JSON.parse(await report('--json')) as CrashReport;
    expect(redaction).toBe('default');
    const locals = exceptions[0]?.chain[0]?.frames.at(-1)?.locals ?? {};
    expect(['max_tokens', 'api_url', 'card_type', 'secretary'].map((name) => locals[name]?.repr)).toEqual([
      '512',
      "'https://api.example/v1'",
      "'visa'",
      "'Alice Example'",
    ]);
    expect(locals['login']?.repr).toBe("Login(user='ada', dbpass=[redacted])");

    const strict = await report('--json', '--redact', 'strict');
    expect(strict).not.toMatch(/Kz\d\d|refused|Alice|api\.example|worker|visa/);
    const read = JSON.parse(strict) as CrashReport;
    expect(read.redaction).toBe('strict');
    const frame = read.exceptions[0]?.chain[0]?.frames.at(-1);
    expect(frame).toMatchObject({ function: 'locals_of_all_kinds' });
    expect(frame?.locals['max_tokens']?.repr).toBe('512');
    expect(frame?.locals['secretary']).toEqual({ type: 'str', repr: '[13 characters]' });
  } finally {
    core.remove();
  }
});
