import { readFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

// Parts that cannot exist in CI, with the reason. Any other skip fails there.
const ALLOWED = JSON.parse(readFileSync(new URL('allowed-skips.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;

/**
 * Lists every failed test with what its error says, every skipped one with the part it needs, and counts: at the end of
 * the output, which is what is kept of a long one. In CI a skip that is not allowed fails the run.
 */
export default class RunSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0 };
    const skipped: { name: string; part: string }[] = [];
    const failures: string[] = [];
    for (const module of modules) {
      // a file that does not load, or a hook that fails, is a failure without a test
      const suites = [module, ...module.children.allSuites()];
      const errors = suites.flatMap((suite) => suite.errors());
      if (errors.length > 0) {
        count.failed += 1;
        failures.push(`${module.relativeModuleId}: ${said(errors)}`);
      }
      for (const test of module.children.allTests()) {
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        const result = test.result();
        if (result.state === 'passed') count.passed += 1;
        else if (result.state === 'failed') {
          count.failed += 1;
          failures.push(`${name}: ${said(result.errors)}`);
        } else {
          const note = result.state === 'skipped' ? result.note : undefined;
          skipped.push({ name, part: note ?? 'no reason given' });
        }
      }
    }
    for (const { name, part } of skipped) process.stdout.write(`skipped: ${part}: ${name}\n`);
    for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
    const refused = skipped.filter(({ part }) => !(part.replace(/^needs /, '') in ALLOWED));
    if (process.env['CI'] === 'true' && refused.length > 0) {
      process.stdout.write(`${refused.length} skips are not in test/allowed-skips.json: the run fails\n`);
      process.exitCode = 1;
    }
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${skipped.length} skipped\n`);
  }
}

/** The end of each error's message, where the difference to what was expected stands. */
function said(errors: readonly { message: string; diff?: string }[]): string {
  return errors.map(({ message, diff }) => [message.slice(-1500), diff?.slice(-1500)].join('\n')).join('\n');
}
