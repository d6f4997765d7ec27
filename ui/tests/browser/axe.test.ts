/** axe finds nothing on any screen, in any of the colours; at twice the text size nothing is cut off sideways. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { screens } from "./screens";
import { openWindow } from "./window";

/** The window has no frames of other origins, so axe needs no second page to sum up in. */
async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`),
  );
}

test.each(screens.map((screen) => [screen.name, screen] as const))("%s", async (_, screen) => {
  const page = await openWindow(screen.scene, { width: 1024, height: 700 });
  await screen.act?.(page);
  for (const theme of ["light", "dark", "contrast"]) {
    await page.evaluate((name) => {
      document.documentElement.dataset.theme = name;
    }, theme);
    expect(await violations(page), theme).toEqual([]);
  }
  const wide = await page.evaluate(() => {
    document.documentElement.style.setProperty("--scale", "2");
    return document.documentElement.scrollWidth - window.innerWidth;
  });
  expect(wide).toBeLessThanOrEqual(0);
  expect(await violations(page), "twice the text size").toEqual([]);
});
