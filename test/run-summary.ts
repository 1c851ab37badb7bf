import { readFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

// Parts that cannot exist in CI, with the reason. Any other skip fails there.
const ALLOWED = JSON.parse(readFileSync(new URL('allowed-skips.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;

/** Lists every skipped test with the part it needs, and counts; in CI a skip that is not allowed fails the run. */
export default class RunSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0 };
    const skipped: { name: string; part: string }[] = [];
    for (const module of modules) {
      // a file that does not load is a failure without a test
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') count.passed += 1;
        else if (result.state === 'failed') count.failed += 1;
        else {
          const note = result.state === 'skipped' ? result.note : undefined;
          skipped.push({
            name: `${module.relativeModuleId} > ${test.fullName}`,
            part: note ?? 'no reason given',
          });
        }
      }
    }
    for (const { name, part } of skipped) process.stdout.write(`skipped: ${part}: ${name}\n`);
    const refused = skipped.filter(({ part }) => !(part.replace(/^needs /, '') in ALLOWED));
    if (process.env['CI'] === 'true' && refused.length > 0) {
      process.stdout.write(`${refused.length} skips are not in test/allowed-skips.json: the run fails\n`);
      process.exitCode = 1;
    }
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${skipped.length} skipped\n`);
  }
}
