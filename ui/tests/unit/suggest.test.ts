import { describe, expect, test } from "vitest";
import { suggestionsFor } from "../../src/components/suggest";
import type { Addressee } from "../../src/host/types";
import { i18next } from "../../src/i18n";
import { addresseeSuggestions } from "../../src/i18n/addressees";

const unit = (text: string, symbol: string, head: string): Addressee => ({
  text,
  kind: "unit",
  symbol,
  detail: head,
  away: null,
});

const office: Addressee[] = [
  unit("Referat Finansowy (FN)", "FN", "Marek Wilk"),
  unit("Referat Organizacyjny (OR)", "OR", ""),
  unit("Urząd Stanu Cywilnego (USC)", "USC", ""),
];

function found(typed: string): string[] {
  return suggestionsFor(addresseeSuggestions(i18next.t, office), typed).map((one) => one.text);
}

describe("whom a typed word means", () => {
  test("what stands below every unit finds none", () => {
    expect(found("or"), "not the “komórka bez kierownika” of the others").toEqual(["Referat Organizacyjny (OR)"]);
    expect(found("kieruje")).toEqual([]);
  });

  test("a unit is found by its symbol, by a word of its name, and by who heads it", () => {
    expect(found("usc")).toEqual(["Urząd Stanu Cywilnego (USC)"]);
    expect(found("finans")).toEqual(["Referat Finansowy (FN)"]);
    expect(found("wilk")).toEqual(["Referat Finansowy (FN)"]);
    expect(found("")).toHaveLength(3);
  });
});
