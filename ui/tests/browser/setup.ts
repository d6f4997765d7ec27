/** Builds the window with the fake office and serves it under the window's own content policy. */
import { build, preview } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    address: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await build({ mode: "fake", logLevel: "warn" });
  const server = await preview({
    mode: "fake",
    preview: { port: 0, host: "127.0.0.1" },
    build: { outDir: "dist-fake" },
  });
  const address = server.resolvedUrls?.local[0];
  if (address === undefined) throw new Error("no address");
  project.provide("address", address);
  return () => server.close();
}
