import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{shared,agent,controller,proto,deploy}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "deploy/testbed/**", "controller/src/serve/console/**"],
    reporters: ["default", "./deploy/ci/counting-reporter.ts"],
    setupFiles: ["./deploy/ci/same-everywhere.ts"],
    testTimeout: 120_000,
    // A loaded machine opens stores slowly.
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    globalSetup: ["deploy/ci/temporary-folder.ts", "controller/src/store/test-template.ts"],
    pool: "forks",
    maxWorkers: 2,
  },
});
