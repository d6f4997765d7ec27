/** Pictures of every screen into `ui/shots`, to be looked at: `LOOK=1 npm run test:browser -- look`. */
import { mkdirSync } from "node:fs";
import { describe, test } from "vitest";
import { screens } from "./screens";
import { office, openWindow, type Size } from "./window";

const wanted = process.env.LOOK ?? "";

describe.runIf(wanted !== "")("pictures", () => {
  mkdirSync("shots", { recursive: true });
  const variants: [string, string, Size][] = [
    ["", "", office],
    ["-dark", "&theme=dark", office],
    ["-contrast", "&theme=high_contrast", office],
    ["-1024", "", { width: 1024, height: 700 }],
    ["-200", "&scale=200", office],
    ["-en", "&lang=en", office],
  ];
  for (const [suffix, words, size] of variants) {
    for (const shot of screens) {
      const name = `${shot.name}${suffix}`;
      if (wanted !== "1" && !new RegExp(`^(${wanted})$`).test(name)) continue;
      test(name, async () => {
        const page = await openWindow(`${shot.scene}${words}`, shot.size ?? size);
        await shot.act?.(page);
        await page.screenshot({ path: `shots/${name}.png` });
      });
    }
  }
});
