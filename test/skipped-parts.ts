import { readFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

// Parts that cannot exist in CI, with the reason. Any other skip fails there.
const ALLOWED = JSON.parse(readFileSync(new URL('allowed-skips.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;

/** Lists every skipped test with the part it needs; in CI a skip that is not allowed fails the run. */
export default class SkippedParts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped: { name: string; note: string }[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const result = test.result();
        skipped.push({
          name: `${module.relativeModuleId} > ${test.fullName}`,
          note: (result.state === 'skipped' && result.note) || 'no reason given',
        });
      }
    }
    if (skipped.length === 0) return;
    process.stdout.write(`\nskipped:\n${skipped.map(({ name, note }) => `  ${name}: ${note}`).join('\n')}\n`);
    const refused = skipped.filter(({ note }) => !(note.replace(/^needs /, '') in ALLOWED));
    if (process.env['CI'] === 'true' && refused.length > 0) {
      process.stdout.write(`${refused.length} of these are not in test/allowed-skips.json: the run fails\n`);
      process.exitCode = 1;
    }
  }
}
