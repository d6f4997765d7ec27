/** axe finds nothing on any screen, in any of the colours. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { screens } from "./screens";
import { openWindow } from "./window";

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`),
  );
}

describe.each(["light", "dark", "high_contrast"])("%s", (theme) => {
  test.each(screens.map((screen) => [screen.name, screen] as const))("%s", async (_, screen) => {
    const page = await openWindow(`${screen.scene}&theme=${theme}`);
    await screen.act?.(page);
    expect(await violations(page)).toEqual([]);
  });
});

test("at twice the text size nothing is cut off sideways", async () => {
  for (const size of [
    { width: 1366, height: 768 },
    { width: 1024, height: 700 },
  ]) {
    for (const screen of screens) {
      const page = await openWindow(`${screen.scene}&scale=200`, size);
      await screen.act?.(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wide, screen.name).toBeLessThanOrEqual(0);
      await page.context().close();
    }
  }
}, 300_000);
