import { appendFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Closes a run with the plain line `N passed, N failed, N skipped`, and, where COUNTS_FILE names a file, appends the
 * three numbers to it so that several runs can be added up; where FAILURES_FILE does, what failed and the first lines of
 * why, so that it can be said once more at the end. A module that could not even be loaded counts as one failure.
 */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<{ readonly message: string }>): void {
    let [passed, skipped] = [0, 0];
    const failures = unhandledErrors.map((e) => `unhandled: ${reason(e)}`);
    for (const module of modules) {
      if (module.errors().length > 0) failures.push(`${module.relativeModuleId}: ${module.errors().map(reason).join("; ")}`);
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failures.push(`${module.relativeModuleId} > ${test.fullName}: ${errors.map(reason).join("; ")}`);
        else skipped += 1;
      }
    }
    if (process.env.COUNTS_FILE) appendFileSync(process.env.COUNTS_FILE, `${passed} ${failures.length} ${skipped}\n`);
    if (process.env.FAILURES_FILE) appendFileSync(process.env.FAILURES_FILE, failures.map((f) => `${f}\n`).join(""));
    process.stdout.write(`\n${passed} passed, ${failures.length} failed, ${skipped} skipped\n`);
  }
}

const REASON_LENGTH = 600;
const reason = ({ message }: { readonly message: string }) => message.slice(0, REASON_LENGTH).replaceAll("\n", "\n    ");
