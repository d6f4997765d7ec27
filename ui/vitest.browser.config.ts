import { defineConfig } from "vitest/config";

// Real Chromium over the built window and the fake host; started and stopped by tests/browser/setup.ts.
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    globalSetup: ["tests/browser/setup.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
