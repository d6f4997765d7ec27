import { describe, expect, test } from "vitest";
import { emptySender } from "../../src/features/intake/form";
import { hasDetails, looksLikeOrganisation, proposeSender, senderName } from "../../src/features/intake/names";

describe("a new sender's name", () => {
  test("splits into surname and given names", () => {
    expect(proposeSender("kowalska anna maria")).toMatchObject({ surname: "Kowalska", givenNames: "Anna Maria" });
    expect(proposeSender("  Żółkiewski-Łoś   Jan ")).toMatchObject({ surname: "Żółkiewski-Łoś", givenNames: "Jan" });
    expect(proposeSender("świątek-gęsior")).toMatchObject({ surname: "Świątek-Gęsior", givenNames: "" });
    expect(proposeSender("MacDonald ian")).toMatchObject({ surname: "MacDonald", givenNames: "ian" });
  });

  test("of a firm or an office stays whole", () => {
    for (const name of [
      "Łoziński i Wspólnicy sp. j.",
      "Tartak Nowak S.A.",
      "Urząd Skarbowy w Częstochowie",
      "sąd rejonowy",
      "Wspólnota Mieszkaniowa Lipowa 3",
      "Gmina Kłomnice",
      "ZUS Oddział w Częstochowie",
      "PHU „Janex” Jan Nowak",
    ]) {
      expect(looksLikeOrganisation(name), name).toBe(true);
      expect(proposeSender(name)).toMatchObject({ kind: "organisation", name });
    }
    for (const name of ["Sadowska Ewa", "Spałek Jan", "Radomski Piotr", "Bankiewicz Zofia", "Zając Michał"]) {
      expect(looksLikeOrganisation(name), name).toBe(false);
    }
  });

  test("typed as a number becomes the identifier", () => {
    expect(proposeSender("440 514 01359")).toMatchObject({ kind: "person", identifier: "440 514 01359" });
    expect(proposeSender("PL 525-000-73-13")).toMatchObject({ kind: "organisation" });
  });

  test("is shown surname first", () => {
    expect(senderName({ ...emptySender, surname: "Nowak", givenNames: "Piotr" })).toBe("Nowak Piotr");
    expect(senderName({ ...emptySender, kind: "unknown" })).toBe("");
    expect(hasDetails(emptySender)).toBe(false);
    expect(hasDetails({ ...emptySender, town: "-" })).toBe(true);
  });
});
