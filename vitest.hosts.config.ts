import { defineConfig } from "vitest/config";

// Real booted hosts: one after another, each with minutes to spare, the first failure does not hide the rest.
export default defineConfig({
  test: {
    include: ["deploy/testbed/**/*.test.ts"],
    reporters: ["verbose", "./deploy/ci/counting-reporter.ts"],
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    fileParallelism: false,
    // Rows of the catalogue wait for their host by themselves.
    maxConcurrency: 64,
    pool: "forks",
    globalSetup: "deploy/testbed/global-setup.ts",
  },
});
