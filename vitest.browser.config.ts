import { defineConfig } from "vitest/config";

// Real Chromium against a real controller; one browser at a time.
export default defineConfig({
  test: {
    include: ["controller/src/serve/console/browser/**/*.test.ts"],
    reporters: ["verbose", "./deploy/ci/counting-reporter.ts"],
    testTimeout: 400_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    pool: "forks",
  },
});
