/**
 * Ends a test run with a plain count, so that a log's last line says how it went:
 * `N passed, N failed, N skipped`. If tests attacked, the line before says with what success:
 * `attacks: N tried, N refused, N leaked`.
 */
import type { SerializedError } from "vitest";
import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";
import type { AttackTally } from "../attack/support/tally.ts";

type Count = { passed: number; failed: number; skipped: number };

/**
 * Counts tests, and as failed also what failed outside of them: a file that could not be loaded, a hook, an
 * error nobody caught, an interrupted run, a run that found nothing to do.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const count = countTests(modules);
    count.failed += unhandledErrors.length;
    const ranNothing = count.passed + count.failed === 0;
    const attacks = sumAttacks(modules);
    const isWrong = ranNothing || reason !== "passed" || attacks.leaked > 0;
    if (count.failed === 0 && isWrong) count.failed = 1;
    if (count.failed > 0) process.exitCode ||= 1;
    // The default reporter writes its summary after this hook; the count has to be the last line.
    process.once("exit", () => {
      const { tried, refused, leaked } = attacks;
      if (tried > 0) process.stdout.write(`attacks: ${tried} tried, ${refused} refused, ${leaked} leaked\n`);
      process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
    });
  }
}

function countTests(modules: readonly TestModule[]): Count {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test still pending at the end of a run was cut off.
      count[state === "pending" ? "failed" : state] += 1;
    }
    count.failed += failedOutsideTests(module);
  }
  return count;
}

/** A file or a suite has errors of its own when it could not be loaded or when one of its hooks failed. */
function failedOutsideTests(module: TestModule): number {
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
  return suites.length + (module.errors().length > 0 ? 1 : 0);
}

/** The attacks of all tests, in whichever process or isolate they ran. */
function sumAttacks(modules: readonly TestModule[]): AttackTally {
  const sum: AttackTally = { tried: 0, refused: 0, leaked: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { attacks } = test.meta();
      sum.tried += attacks?.tried ?? 0;
      sum.refused += attacks?.refused ?? 0;
      sum.leaked += attacks?.leaked ?? 0;
    }
  }
  return sum;
}
