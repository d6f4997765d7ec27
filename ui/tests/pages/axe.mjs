/**
 * Asks a page of central for a status key as a citizen does and lets axe judge what comes back.
 * `node axe.mjs ADDRESS KEY…`: one line for each violation; exit code 1 when there is any.
 */
import { existsSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";

const [address, ...keys] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path),
);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const violations = [];
let judged = 0;

async function judge(page, name) {
  const found = await new AxeBuilder({ page }).analyze();
  judged += 1;
  for (const rule of found.violations) {
    for (const node of rule.nodes) violations.push(`${name}: ${rule.id}: ${node.target.join(" ")}`);
  }
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    // The page forbids scripts; the policy is set aside for axe alone.
    const context = await browser.newContext({ bypassCSP: true, colorScheme, viewport: { width, height: 800 } });
    const page = await context.newPage();
    for (const language of ["pl", "en"]) {
      const name = `${language} ${colorScheme} ${width}`;
      await page.goto(`${address}/s?lang=${language}`);
      await judge(page, `${name}, the question`);
      for (const key of keys) {
        await page.goto(`${address}/s?lang=${language}`);
        await page.locator("input[name=key]").focus();
        await page.keyboard.type(key);
        await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
        await judge(page, `${name}, the answer for ${key}`);
      }
    }
    await context.close();
  }
}
await browser.close();
process.stdout.write([...violations, `${judged} pages judged`, ""].join("\n"));
process.exitCode = violations.length === 0 ? 0 : 1;
