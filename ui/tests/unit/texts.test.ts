import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/host/types";
import { i18next } from "../../src/i18n";
import { en } from "../../src/i18n/en";
import { pl } from "../../src/i18n/pl";

type Texts = { readonly [key: string]: string | Texts };

function flat(texts: Texts, before = ""): [string, string][] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === "string" ? [[`${before}${key}`, text] as [string, string]] : flat(text, `${before}${key}.`),
  );
}
const plural = /_(one|few|many|other)$/;
const names = (texts: Texts) => new Set(flat(texts).map(([key]) => key.replace(plural, "")));
const holes = (text: string) => new Set(text.match(/\{\{\w+\}\}/g) ?? []);

describe("texts", () => {
  test("Polish and English have the same keys", () => {
    expect([...names(pl)].toSorted()).toEqual([...names(en)].toSorted());
  });

  test("each text in English fills the same holes as in Polish", () => {
    const polish = new Map(flat(pl).map(([key, text]) => [key.replace(plural, ""), text]));
    for (const [key, text] of flat(en)) {
      const own = polish.get(key.replace(plural, "")) ?? "";
      expect(holes(text), key).toEqual(holes(own));
    }
  });

  test("each counted text has all its forms", () => {
    for (const [texts, forms] of [
      [pl, ["one", "few", "many", "other"]],
      [en, ["one", "other"]],
    ] as const) {
      const keys = new Set(flat(texts).map(([key]) => key));
      for (const key of keys) {
        if (!plural.test(key)) continue;
        for (const form of forms) expect(keys, key).toContain(key.replace(plural, `_${form}`));
      }
    }
  });

  test("every code of the desk has words in both languages", () => {
    // The compiler refuses a code without words; the test refuses empty ones.
    const tables: Record<ErrorCode, string>[] = [pl.errors, en.errors];
    for (const table of tables) for (const [code, text] of Object.entries(table)) expect(text, code).toMatch(/\S/);
  });

  test("none shouts", () => {
    for (const [key, text] of [...flat(pl), ...flat(en)]) expect(text, key).not.toContain("!");
  });
});

describe("Polish plurals", () => {
  test.each([
    [0, "0 pism"],
    [1, "1 pismo"],
    [2, "2 pisma"],
    [4, "4 pisma"],
    [5, "5 pism"],
    [12, "12 pism"],
    [14, "14 pism"],
    [21, "21 pism"],
    [22, "22 pisma"],
    [112, "112 pism"],
    [1234, "1234 pisma"],
  ])("%i", async (count, words) => {
    await i18next.changeLanguage("pl");
    expect(i18next.t("intake.letters", { count })).toBe(words);
  });

  test.each([
    [1, "Dołączono skan do 1 pisma"],
    [2, "Dołączono skany do 2 pism"],
    [5, "Dołączono skany do 5 pism"],
  ])("closing a batch with %i", (count, words) => expect(i18next.t("scanning.closed", { count })).toBe(words));
});

describe("the rooms of the window", () => {
  const source = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => ({ file: join(folder, file), text: readFileSync(join(folder, file), "utf8") }));

  test("one file knows Tauri", () => {
    const knowing = source("src").filter(({ text }) => text.includes("@tauri-apps"));
    expect(knowing.map(({ file }) => file)).toEqual(["src/host/tauri.ts"]);
  });

  test("features neither know each other nor hold effects", () => {
    for (const { file, text } of source("src/features")) {
      const own = file.split("/")[2];
      const others = [...text.matchAll(/from "\.\.\/(\w+)\//g)].map((match) => match[1]).filter((room) => room !== own);
      expect(others, file).toEqual([]);
      expect(text, file).not.toMatch(/\buse(Layout)?Effect\b/);
    }
  });

  test("components know no word of the office", () => {
    for (const { file, text } of source("src/components")) {
      expect(text, file).not.toMatch(/from "\.\.\/(host|features|i18n|app)\//);
    }
  });
});
