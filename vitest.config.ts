import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{shared,agent,controller,proto,deploy}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "deploy/testbed/**", "controller/src/serve/console/**"],
    reporters: ["default", "./deploy/ci/counting-reporter.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
