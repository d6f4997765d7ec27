/** One real Chromium for a test file, and the window of the fake office in it. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";

let browser: Browser;
let context: BrowserContext | undefined;
const complaints: string[] = [];

function chromiumPath(): string {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (found === undefined) throw new Error("Chromium is missing: apt-get install chromium, or name it in CHROMIUM");
  return found;
}

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ["--no-sandbox", "--force-color-profile=srgb"],
  });
});

afterEach(async () => {
  await context?.close();
  context = undefined;
  expect(complaints.splice(0), "what the browser complained of").toEqual([]);
});

afterAll(async () => {
  await browser?.close();
});

export type Size = { width: number; height: number };
export const office: Size = { width: 1366, height: 768 };

/** Opens the window; `scene` are the words of the fake office (`session=out&printer=media_out`). */
export async function openWindow(scene = "", size: Size = office): Promise<Page> {
  context = await browser.newContext({ viewport: size, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(`${inject("address")}?host=fake&${scene}`);
  await page.locator("[data-testid]").first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  // No screen begins without the focus: keys would go nowhere.
  await expect.poll(() => focused(page), { timeout: 20_000 }).not.toBe("nothing");
  return page;
}

/** The element with the focus, by its test id or its words. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return "nothing";
    return element.getAttribute("data-testid") ?? element.textContent ?? element.tagName;
  });
}

/** Waits for the focus: keys that come before it go nowhere. */
export async function untilFocused(page: Page, name: string): Promise<void> {
  await expect.poll(() => focused(page), { timeout: 20_000 }).toBe(name);
}

export const at = (page: Page, testId: string) => page.locator(`[data-testid="${testId}"]`);
