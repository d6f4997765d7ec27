/** The clerk's day by keyboard alone, over the fake office. No mouse is touched in this file. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { invitation } from "./screens";
import { at, openWindow, untilFocused } from "./window";

const type = (page: Page, text: string) => page.keyboard.type(text);
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const value = (page: Page, testId: string) => at(page, testId).inputValue();
const words = (page: Page, testId: string) => at(page, testId).innerText();
const until = (page: Page, testId: string, text: string | RegExp) =>
  at(page, testId).filter({ hasText: text }).waitFor();

describe("the main job", () => {
  test("from signing in to the scan that belongs to the letter", async () => {
    const page = await openWindow("session=out");
    await untilFocused(page, "password");
    await type(page, "złe hasło");
    await press(page, "Enter");
    await page.getByText("Hasło nie pasuje").waitFor();
    expect(await value(page, "password")).toBe("");
    await type(page, "kruszyna-demo");
    await press(page, "Enter");
    await untilFocused(page, "sender");

    await press(page, "F2");
    await type(page, "lozi");
    await at(page, "suggestions").waitFor();
    await press(page, "Enter");
    await untilFocused(page, "title");
    expect(await value(page, "sender")).toBe("Łozińska Barbara");
    await type(page, "Wniosek o warunki zabudowy");
    await press(page, "Enter");
    await type(page, "-");
    expect(await page.getByText("brak daty", { exact: true }).count()).toBe(1);
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Control+Enter");
    await until(page, "registered-number", "RPW/K1/1235/2026");
    await untilFocused(page, "sender");
    expect(await value(page, "sender")).toBe("");
    expect(await value(page, "title")).toBe("");
    await page.locator('[data-testid="registered"] [data-state="confirmed"]').waitFor();
    await until(page, "live", "RPW/K1/1235/2026");

    await press(page, "Control+d");
    await page.locator('[data-testid="slip-dialog"] canvas').waitFor();
    await press(page, "Control+s");
    await until(page, "slip-saved", "Zapisano.");
    await press(page, "Escape");
    await at(page, "slip-dialog").waitFor({ state: "detached" });
    await untilFocused(page, "sender");

    await press(page, "F6");
    await at(page, "groups").waitFor();
    await page.locator('[data-testid="group-2"][data-question]').waitFor();
    await page.locator('[data-testid="scanning"] >> text=podajnik opróżniony').waitFor();
    expect(await at(page, "close-batch").isDisabled()).toBe(true);
    await press(page, "Control+e", "p");
    await page.locator("[data-question]").waitFor({ state: "detached" });
    await press(page, "Control+z");
    await page.locator("[data-question]").waitFor();
    await press(page, "Control+e", "w");
    await untilFocused(page, "assign-number");
    await type(page, "99999");
    await press(page, "Enter");
    await page.getByText("Nie ma takiego numeru w rejestrze.").waitFor();
    await at(page, "assign-number").press("Control+a");
    await type(page, "1235");
    await press(page, "Enter");
    await page.locator("[data-question]").waitFor({ state: "detached" });
    await press(page, "Control+Enter");
    await at(page, "batch-closed").waitFor();
    expect(await words(page, "batch-closed")).toContain("RPW/K1/1235/2026");

    await press(page, "Control+2");
    await untilFocused(page, "search");
    await type(page, "warunki lozinska 1235");
    await at(page, "row-RPW/K1/1235/2026").waitFor();
    await press(page, "Enter");
    await until(page, "letter-number", "RPW/K1/1235/2026");
    expect(await at(page, "letter-scan").getAttribute("data-pages")).toBe("1");
    await page.locator('[data-testid="letter"] canvas').waitFor();
    await press(page, "Escape");
    await untilFocused(page, "search");
    expect(await value(page, "search")).toBe("warunki lozinska 1235");
  });

  test("an idle screen locks itself after the minutes of the settings, and F4 gives it to somebody else", async () => {
    const page = await openWindow("");
    await untilFocused(page, "sender");
    await page.clock.install();
    await page.reload();
    await untilFocused(page, "sender");
    await type(page, "Nowak");
    await page.clock.fastForward("04:50");
    await press(page, "ArrowLeft");
    await page.clock.fastForward("04:50");
    expect(await at(page, "locked").count()).toBe(0);
    await page.clock.fastForward("00:20");
    await at(page, "locked").waitFor();
    await untilFocused(page, "password");
    await type(page, "kruszyna-demo");
    await press(page, "Enter");
    await untilFocused(page, "sender");
    expect(await value(page, "sender")).toBe("Nowak");
    await press(page, "Control+l");
    await at(page, "locked").waitFor();
    await press(page, "F4");
    await at(page, "sign-in").waitFor();
  });

  test("what was read for somebody who was shown out is asked again for the next", async () => {
    const page = await openWindow();
    await press(page, "Control+2");
    await untilFocused(page, "search");
    await page.locator('[data-testid^="row-"]').first().waitFor();
    await press(page, "Enter");
    await at(page, "letter").waitFor();
    expect(await at(page, "letter-title").innerText()).not.toContain("sprostowane");
    await page.evaluate(() => window.dispatchEvent(new Event("fake:shown-out")));
    await at(page, "sign-in").waitFor();
    await untilFocused(page, "password");
    await type(page, "kruszyna-demo");
    await press(page, "Enter");
    await untilFocused(page, "sender");
    await press(page, "Control+2");
    await untilFocused(page, "search");
    await page.locator('[data-testid^="row-"]').first().waitFor();
    await press(page, "Enter");
    await until(page, "letter-title", "sprostowane");
  });

  test("F8 sends her to the office account, Esc takes her back, and a central that offers none shows no key", async () => {
    const none = await openWindow("session=out");
    await untilFocused(none, "password");
    expect(await at(none, "by-provider").count()).toBe(0);
    await press(none, "F8");
    expect(await at(none, "provider-wait").count()).toBe(0);
    await none.context().close();

    const waits = await openWindow("session=out&provider=waits");
    await untilFocused(waits, "password");
    await waits.getByText("podała już na tym stanowisku hasło").waitFor();
    await type(waits, "zaczęte");
    await press(waits, "F8");
    await untilFocused(waits, "provider-give-up");
    await waits.getByText("Czekam na przeglądarkę").waitFor();
    await press(waits, "Escape");
    await untilFocused(waits, "password");
    expect(await value(waits, "password")).toBe("zaczęte");
    expect(await at(waits, "provider-failed").count()).toBe(0);
    await press(waits, "F8");
    await untilFocused(waits, "provider-give-up");
    await press(waits, "Enter");
    await untilFocused(waits, "password");
    await waits.context().close();

    for (const [provider, words] of [
      ["unlinked", "nie powiązano z żadnym czynnym kontem"],
      ["away", "Konta urzędowe teraz nie odpowiadają"],
    ]) {
      const refused = await openWindow(`session=out&provider=${provider}`);
      await untilFocused(refused, "password");
      await press(refused, "F8");
      await refused.getByText(words ?? "").waitFor();
      await untilFocused(refused, "password");
      await refused.context().close();
    }

    const page = await openWindow("session=out&provider=signs_in");
    await untilFocused(page, "password");
    await press(page, "F8");
    await untilFocused(page, "sender");
    await type(page, "Nowak");
    await press(page, "Control+l");
    await at(page, "locked").waitFor();
    await untilFocused(page, "password");
    await press(page, "F8");
    await untilFocused(page, "sender");
    expect(await value(page, "sender")).toBe("Nowak");
  });

  test("a lost key is put back by the letters of the recovery card", async () => {
    const page = await openWindow("startup=key_missing&session=out");
    await untilFocused(page, "card");
    await type(page, "1234");
    await press(page, "Enter");
    await page.getByText("to nie są litery karty odzyskiwania").waitFor();
    expect(await value(page, "card")).toBe("1234");
    await press(page, "Control+a");
    await type(page, `0${"a".repeat(59)}`);
    await press(page, "Enter");
    await page.getByText("to karta innego stanowiska").waitFor();
    await press(page, "Control+a");
    await type(page, "abcd-".repeat(15));
    await press(page, "Enter");
    await untilFocused(page, "password");
  });

  test("first start joins the office by a scanned invitation, then makes a clerk", async () => {
    const page = await openWindow("session=first&letters=0");
    await untilFocused(page, "address");
    await type(page, "10.0.0.5:8710");
    await press(page, "Enter");
    await untilFocused(page, "invitation");
    await type(page, "0123");
    await press(page, "Enter");
    await untilFocused(page, "error-summary");
    expect(await value(page, "invitation")).toBe("0123");
    await at(page, "address").focus();
    await press(page, "Control+a");
    await type(page, invitation.replace("41JA", "01JA"));
    await press(page, "Enter");
    await page.getByText("Centrala nie zna tego zaproszenia").waitFor();
    // The reader's text is in both fields now, for whoever wants to compare letters.
    expect(await value(page, "address")).toBe("https://10.0.0.5:8710");
    await at(page, "address").focus();
    await press(page, "Control+a");
    await type(page, invitation);
    await press(page, "Enter");
    await page.getByText("Stanowisko dołączyło: Urząd Gminy Kruszyna.").waitFor();
    await untilFocused(page, "givenName");
  });

  test("first start makes a clerk, then settings, then the first number", async () => {
    const page = await openWindow("session=first&settings=missing&letters=0");
    await untilFocused(page, "address");
    await press(page, "Shift+Tab", "ArrowRight", "Tab");
    await untilFocused(page, "givenName");
    await press(page, "Control+Enter");
    await untilFocused(page, "error-summary");
    await at(page, "givenName").focus();
    await type(page, "Anna");
    await press(page, "Enter");
    await type(page, "Lis");
    await press(page, "Enter");
    await type(page, "kruszyna-demo");
    await press(page, "Enter");
    await type(page, "kruszyna-dem");
    await press(page, "Control+Enter");
    await page.getByText("hasła różnią się od siebie").last().waitFor();
    await at(page, "passwordAgain").focus();
    await type(page, "o");
    await press(page, "Control+Enter");
    await at(page, "missing-settings").waitFor();
    await press(page, "Control+4");
    await untilFocused(page, "officeName");
    await type(page, "Urząd Gminy Kruszyna");
    await press(page, "Enter", "Enter");
    await type(page, "240408");
    await press(page, "Control+Enter");
    await untilFocused(page, "teryt");
    await type(page, "2");
    await press(page, "Control+Enter");
    await until(page, "settings-state", "Zapisano.");
    await press(page, "Control+1");
    await until(page, "next-number", "RPW/1/2026");
  });
});

describe("the form", () => {
  test("a new sender: the name splits, the town is asked, the number is checked", async () => {
    const page = await openWindow();
    await type(page, "kowalska anna maria");
    await press(page, "Control+n");
    await untilFocused(page, "sender.town");
    expect(await value(page, "sender.surname")).toBe("Kowalska");
    expect(await value(page, "sender.givenNames")).toBe("Anna Maria");
    await type(page, "-");
    await press(page, "F3");
    await untilFocused(page, "sender.identifier");
    await type(page, "44051401358");
    await page.getByText("PESEL z błędem").waitFor();
    await press(page, "Backspace");
    await type(page, "9");
    await page.getByText("PESEL poprawny").waitFor();
    await at(page, "title").focus();
    await type(page, "Skarga");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Control+Enter");
    await at(page, "registered-number").waitFor();
    await until(page, "recent", "Kowalska Anna Maria");
  });

  test("what opens has the focus before the next key, however late the next picture is", async () => {
    const page = await openWindow();
    await untilFocused(page, "sender");
    // A busy computer: what waits for the next picture waits long.
    await page.evaluate(() => {
      const next = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (then) => window.setTimeout(() => next(then), 3_000);
    });
    await type(page, "kowalska anna");
    await press(page, "Control+n");
    await type(page, "Kruszyna");
    expect(await value(page, "sender.town")).toBe("Kruszyna");
    expect(await value(page, "sender")).toBe("kowalska anna");
    await press(page, "F3");
    await type(page, "44051401359");
    expect(await value(page, "sender.identifier")).toBe("44051401359");
  });

  test("an office is proposed as an organisation; Enter on the only line begins it", async () => {
    const page = await openWindow();
    await type(page, "Urząd Skarbowy w Radomsku");
    await at(page, "suggestions").waitFor();
    await press(page, "Enter");
    await untilFocused(page, "sender.town");
    expect(await value(page, "sender.name")).toBe("Urząd Skarbowy w Radomsku");
  });

  test("Polish letters typed with AltGr go into the field and start nothing", async () => {
    const page = await openWindow();
    await at(page, "title").focus();
    await page.evaluate(() => {
      const field = document.activeElement;
      for (const [key, code] of [
        ["ł", "KeyL"],
        ["ę", "KeyE"],
        ["ń", "KeyN"],
        ["ś", "KeyS"],
      ]) {
        const init = { key, code, ctrlKey: true, altKey: true, bubbles: true, cancelable: true };
        if (!field?.dispatchEvent(new KeyboardEvent("keydown", init))) throw new Error(`${key} was taken away`);
      }
    });
    await type(page, "Zażółć gęślą jaźń");
    expect(await value(page, "title")).toBe("Zażółć gęślą jaźń");
    expect(await at(page, "intake").isVisible()).toBe(true);
    expect(await at(page, "new-sender").count()).toBe(0);
  });

  test("all that is wrong is said at once, at the fields, and the summary has the focus", async () => {
    const page = await openWindow();
    await type(page, "-");
    await page.getByText("brak danych nadawcy").first().waitFor();
    await press(page, "Control+Enter");
    await untilFocused(page, "error-summary");
    expect(await words(page, "error-summary")).toContain("3 pola do poprawienia");
    expect(await page.getByText("trzeba wypełnić").count()).toBe(6);
    await press(page, "Tab", "Enter");
    await untilFocused(page, "title");
    await type(page, "Zawiadomienie");
    expect(await page.getByText("trzeba wypełnić").count()).toBe(4);
  });

  test("brak is taken back by Backspace", async () => {
    const page = await openWindow();
    await at(page, "reference").focus();
    await type(page, "-");
    expect(await page.getByText("brak znaku", { exact: true }).count()).toBe(1);
    await press(page, "Backspace");
    expect(await page.getByText("brak znaku", { exact: true }).count()).toBe(0);
    await type(page, "-5/2026");
    expect(await value(page, "reference")).toBe("-5/2026");
    expect(await page.getByText("brak znaku", { exact: true }).count()).toBe(0);
  });

  test("a date in the future is confirmed by the same key, and asked again when changed", async () => {
    const page = await openWindow();
    await type(page, "-");
    await at(page, "title").focus();
    await type(page, "Zaproszenie");
    await press(page, "Enter");
    await type(page, "24.12.2026");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Control+Enter");
    await page.getByText("data z przyszłości").waitFor();
    await untilFocused(page, "letterDate");
    await press(page, "Backspace");
    await type(page, "7");
    await press(page, "Control+Enter");
    await page.getByText("data z przyszłości").waitFor();
    await press(page, "Control+Enter");
    await at(page, "registered-number").waitFor();
  });

  test("an earlier receipt needs a reason, in its fold", async () => {
    const page = await openWindow();
    await type(page, "-");
    await at(page, "title").focus();
    await type(page, "Pismo ze skrzynki");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "F3");
    await untilFocused(page, "receivedOn");
    await type(page, "20.11.2026");
    await press(page, "Control+Enter");
    await page.getByText("potrzebny powód").waitFor();
    await untilFocused(page, "earlierReason");
    await type(page, "leżało w skrzynce podawczej");
    await press(page, "Control+Enter");
    await at(page, "registered-number").waitFor();
  });

  test("nothing typed is lost by Esc, by another place, or by the lock", async () => {
    const page = await openWindow();
    await type(page, "Zając");
    await press(page, "Escape", "Escape");
    expect(await value(page, "sender")).toBe("Zając");
    await press(page, "Control+2");
    await untilFocused(page, "search");
    await press(page, "Control+4");
    await untilFocused(page, "officeName");
    await press(page, "Control+l");
    await untilFocused(page, "password");
    await type(page, "kruszyna-demo");
    await press(page, "Enter");
    await at(page, "settings").waitFor();
    await press(page, "Control+1");
    await untilFocused(page, "sender");
    expect(await value(page, "sender")).toBe("Zając");
    await expect.poll(() => at(page, "draft-state").getAttribute("data-state")).toBe("saved");
  });

  test("delivery stays when the clerk says so", async () => {
    const page = await openWindow();
    await press(page, "Control+k");
    await type(page, "-");
    await at(page, "title").focus();
    await type(page, "Reklamacja");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Enter", "Enter", "ArrowRight", "ArrowRight");
    await press(page, "Control+Enter");
    await at(page, "registered-number").waitFor();
    expect(await at(page, "delivery-registered").getAttribute("data-selected")).toBe("true");
  });

  test("the form is cleared only after a question", async () => {
    const page = await openWindow();
    await type(page, "Nowak");
    await press(page, "Control+Delete");
    await at(page, "clear-dialog").waitFor();
    await press(page, "Escape");
    expect(await value(page, "sender")).toBe("Nowak");
    await press(page, "Control+Delete");
    await at(page, "clear-dialog").waitFor();
    await press(page, "Control+Enter");
    await expect.poll(() => value(page, "sender")).toBe("");
  });
});

describe("faults and questions", () => {
  test("a full disk is said in words and the letter stays in the form", async () => {
    const page = await openWindow("disk=full");
    await type(page, "-");
    await at(page, "title").focus();
    await type(page, "Odwołanie");
    await press(page, "Control+Enter");
    await until(page, "failure", "Dysk jest pełny");
    expect(await value(page, "title")).toBe("Odwołanie");
  });

  test("a label in doubt is answered in its row, and the focus goes back", async () => {
    const page = await openWindow("printer=uncertain");
    await at(page, "title").focus();
    await type(page, "Pół");
    await press(page, "Control+e");
    await page.locator("[data-question]:focus").waitFor();
    await press(page, "Control+e");
    await untilFocused(page, "title");
    await press(page, "Control+e", "n");
    await untilFocused(page, "title");
    await page.locator("[data-question]").waitFor({ state: "detached" });
    await at(page, "questions").waitFor({ state: "detached" });
    expect(await value(page, "title")).toBe("Pół");
  });

  test("a label in doubt that is no longer among the recent ones is found and answered on its letter", async () => {
    const page = await openWindow("printer=uncertain&older=1");
    await press(page, "Control+e");
    await at(page, "letter-label-yes").waitFor();
    await press(page, "t");
    await at(page, "letter-label-yes").waitFor({ state: "detached" });
    await at(page, "questions").waitFor({ state: "detached" });
  });

  test("no labels: the number is given, the label waits, the line says why", async () => {
    const page = await openWindow("printer=media_out");
    await type(page, "-");
    await at(page, "title").focus();
    await type(page, "Skarga");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Enter");
    await type(page, "-");
    await press(page, "Control+Enter");
    await at(page, "registered-number").waitFor();
    await until(page, "registered", "etykieta wstrzymana: brak etykiet, trzeba założyć rolkę");
    await until(page, "status-printer", "brak etykiet, trzeba założyć rolkę; 1 etykieta czeka");
  });

  test("the office day and the locked numbers are answered by one key", async () => {
    const page = await openWindow("day=question");
    await until(page, "day-question", "Dziś jest 02.01.2027?");
    await press(page, "F8");
    await at(page, "day-question").waitFor({ state: "detached" });
    const locked = await openWindow("numbers=locked");
    await at(locked, "highest-label").focus();
    await type(locked, "1240");
    await press(locked, "Enter");
    await at(locked, "numbers-locked").waitFor({ state: "detached" });
  });

  test("a revoked desk saves its file for central by F8, and any desk from its settings", async () => {
    const page = await openWindow("numbers=revoked&central=off");
    await until(page, "no-numbers", "Administrator cofnął to stanowisko");
    await press(page, "F8");
    await untilFocused(page, "held-file-save");
    await press(page, "Control+s");
    await until(page, "held-file-saved", "22 wpisy dziennika, 3 skany.");
    await press(page, "Escape");
    await at(page, "held-file-dialog").waitFor({ state: "detached" });
    await press(page, "Control+4");
    await untilFocused(page, "officeName");
    await at(page, "held-file").focus();
    await press(page, "Enter");
    await untilFocused(page, "held-file-save");
  });

  test("the label is repeated by F9 and Enter, with a reason that stands there", async () => {
    const page = await openWindow();
    await press(page, "F9");
    await untilFocused(page, "reprint-reason");
    expect(await value(page, "reprint-reason")).toBe("etykieta uszkodzona");
    await press(page, "Enter");
    await at(page, "reprint-dialog").waitFor({ state: "detached" });
    await untilFocused(page, "sender");
    await until(page, "recent", "DUPLIKAT 1");
  });

  test("a jam asks whether the last page is the last; T says yes", async () => {
    const page = await openWindow("scanner=jam");
    await press(page, "F6");
    await until(page, "uncertain", "Kartka zacięła się");
    await press(page, "t");
    await at(page, "uncertain").waitFor({ state: "detached" });
    await press(page, "Control+Enter");
    await at(page, "batch-closed").waitFor();
  });

  test("a batch found after a crash waits on the scanning screen", async () => {
    const page = await openWindow("batch=found");
    await press(page, "Control+3");
    await until(page, "uncertain", "Program zamknął się, gdy przychodziły strony.");
    expect(await words(page, "pages-received")).toBe("5");
  });

  test.each([
    ["off", "Urządzenie nie odpowiada"],
    ["empty", "Podajnik jest pusty"],
  ])("scanner %s: said in words", async (scanner, text) => {
    const page = await openWindow(`scanner=${scanner}`);
    await press(page, "F6");
    await until(page, "scan-failure", text);
  });

  test.each([
    ["key_missing", "nie ma klucza"],
    ["database_damaged", "jest uszkodzony"],
    ["already_running", "jest już otwarte"],
  ])("the program cannot open: %s", async (code, text) => {
    const page = await openWindow(`startup=${code}`);
    await until(page, `startup-${code}`, text);
    await untilFocused(page, code === "key_missing" ? "card" : "quit");
  });

  test("central away: what waits and since when; the key in a file is a lasting warning", async () => {
    const page = await openWindow("central=off&key=file");
    await until(page, "status-central", "1 zmiana czeka od 23.11.2026 09:11");
    expect(await at(page, "key-in-file").isVisible()).toBe(true);
  });
});

describe("the register and a letter", () => {
  test("a long register is walked by keys and only what is seen is drawn", async () => {
    const page = await openWindow("letters=1200");
    await press(page, "Control+2");
    await untilFocused(page, "search");
    await at(page, "row-RPW/K1/1234/2026").waitFor();
    await press(page, ...Array.from({ length: 12 }, () => "PageDown"));
    await expect
      .poll(() => page.locator('[role="option"][aria-selected="true"]').getAttribute("data-testid"))
      .toBe("row-RPW/K1/1138/2026");
    expect(await page.locator('[data-testid="register-list"] [role="option"]').count()).toBeLessThan(60);
    await press(page, "Enter");
    await until(page, "letter-number", "RPW/K1/1138/2026");
  });

  test("an unfinished correction waits while somebody else has the desk, and is begun anew when she says so", async () => {
    const page = await openWindow();
    const correct = async () => {
      await press(page, "Control+2");
      await untilFocused(page, "search");
      await page.locator('[data-testid^="row-"]').first().waitFor();
      await press(page, "Enter");
      await at(page, "letter-title").waitFor();
      await press(page, "p");
      await untilFocused(page, "correct.reason");
    };
    await correct();
    const before = await value(page, "correct.title");
    await at(page, "correct.title").press("Control+a");
    await type(page, "Odwołanie, sprawa 7");
    await press(page, "Control+l");
    await at(page, "locked").waitFor();
    await press(page, "F4");
    await untilFocused(page, "password");
    await type(page, "kruszyna-demo");
    await press(page, "Enter");
    await at(page, "intake").waitFor();
    await correct();
    expect(await value(page, "correct.title")).toBe("Odwołanie, sprawa 7");

    await press(page, "Control+Delete");
    await at(page, "correct-anew-dialog").waitFor();
    await press(page, "Escape");
    await at(page, "correct-anew-dialog").waitFor({ state: "detached" });
    expect(await value(page, "correct.title")).toBe("Odwołanie, sprawa 7");
    await press(page, "Control+Delete");
    await at(page, "correct-anew-dialog").waitFor();
    await press(page, "Control+Enter");
    await at(page, "correct-anew-dialog").waitFor({ state: "detached" });
    await untilFocused(page, "correct.reason");
    expect(await value(page, "correct.title")).toBe(before);
  });

  test("a correction that the disk refuses says so and is there again", async () => {
    const page = await openWindow("disk=full");
    await press(page, "Control+2");
    await untilFocused(page, "search");
    await page.locator('[data-testid^="row-"]').first().waitFor();
    await press(page, "Enter");
    await at(page, "letter-title").waitFor();
    await press(page, "p");
    await untilFocused(page, "correct.reason");
    await type(page, "literówka");
    await until(page, "correct-state", "szkic niezapisany");
    await press(page, "Escape");
    await at(page, "letter-title").waitFor();
    await press(page, "p");
    await untilFocused(page, "correct.reason");
    expect(await value(page, "correct.reason")).toBe("literówka");
  });

  test("correcting keeps the old text; cancelling keeps the number; the stage is changed", async () => {
    const page = await openWindow();
    await press(page, "Control+2");
    await untilFocused(page, "search");
    await page.locator('[data-testid^="row-"]').first().waitFor();
    await press(page, "Enter");
    await at(page, "letter-title").waitFor();
    const before = await words(page, "letter-title");
    await press(page, "p");
    await untilFocused(page, "correct.reason");
    await press(page, "Control+Enter");
    await page.getByText("potrzebny powód").waitFor();
    await type(page, "literówka");
    await at(page, "correct.title").press("Control+a");
    await type(page, "Odwołanie, sprawa 7");
    await press(page, "Escape");
    await at(page, "letter").waitFor();
    await press(page, "p");
    await untilFocused(page, "correct.reason");
    expect(await value(page, "correct.title")).toBe("Odwołanie, sprawa 7");
    expect(await value(page, "correct.reason")).toBe("literówka");
    await press(page, "Control+Enter");
    await until(page, "letter-title", "Odwołanie, sprawa 7");
    await until(page, "history", `${before} → Odwołanie, sprawa 7`);

    await press(page, "e");
    await untilFocused(page, "stage-unit");
    await at(page, "stage-unit").press("Control+a");
    await type(page, "zielinska");
    await at(page, "field-suggestions").waitFor();
    await until(page, "field-suggestions", "zastępstwo: Marek Wilk (FN)");
    await press(page, "ArrowDown", "Enter");
    expect(await value(page, "stage-unit"), "her deputy comes right behind her").toBe("Marek Wilk (FN)");
    await at(page, "stage-unit").press("Control+a");
    await type(page, "sw");
    await at(page, "field-suggestions").waitFor();
    await press(page, "Escape");
    await at(page, "field-suggestions").waitFor({ state: "detached" });
    await at(page, "stage-dialog").waitFor();
    expect(await value(page, "stage-unit"), "Esc keeps what was typed").toBe("sw");
    await press(page, "ArrowDown", "Enter");
    await press(page, "Shift+Tab", "ArrowRight", "Control+Enter");
    await until(page, "letter-stage", "Sekretariat Wójta (SW)");

    await press(page, "k");
    await untilFocused(page, "new-key-yes");
    await press(page, "Enter");
    await until(page, "history", "wydano nowy klucz sprawy");
    await page.getByText("7K2M-QX4R-9TBD-C0NE-H").waitFor();

    await press(page, "a");
    await untilFocused(page, "reason");
    await press(page, "Control+Enter");
    await page.getByText("potrzebny powód").waitFor();
    await type(page, "przyjęte dwa razy");
    await press(page, "Control+Enter");
    await until(page, "cancelled", "przyjęte dwa razy");
    await until(page, "letter-number", "RPW/K1/1234/2026");
  });
});

describe("lists", () => {
  test("a list that comes late takes the focus from the title", async () => {
    const page = await openWindow("tasks=4&lists=late");
    await press(page, "Control+5");
    await untilFocused(page, "Do wyjaśnienia");
    await page.evaluate(() => window.dispatchEvent(new Event("fake:lists")));
    await untilFocused(page, "tasks-list");
    await press(page, "ArrowDown");
    await at(page, "task-grant").waitFor();
  });

  test.each([
    ["Control+2", "register-total"],
    ["Control+5", "tasks-lead"],
  ])("%s: a list that could not be read counts nothing", async (place, count) => {
    const page = await openWindow("tasks=4");
    await press(page, place);
    await at(page, count).waitFor();
    await page.context().close();
    const refused = await openWindow("tasks=4&account=desk");
    await press(refused, place);
    await refused
      .getByText(/zalogować się swoim loginem/)
      .first()
      .waitFor();
    expect(await at(refused, count).count()).toBe(0);
  });
});

describe("a field that proposes", () => {
  test("the marked proposal is in sight also where the text is large and the window small", async () => {
    const page = await openWindow("scale=200");
    await press(page, "Control+2");
    await untilFocused(page, "search");
    await page.locator('[data-testid^="row-"]').first().waitFor();
    await press(page, "Enter");
    await at(page, "letter").waitFor();
    await press(page, "e");
    await untilFocused(page, "stage-unit");
    await press(page, "Control+a");
    await type(page, "fn");
    await at(page, "field-suggestions").waitFor();
    for (const expected of ["Referat Finansowy (FN)", "Marek Wilk (FN)", "Anna Zielińska (FN)"]) {
      const marked = at(page, "field-suggestions").locator("[aria-selected=true]");
      await expect.poll(() => marked.innerText()).toContain(expected);
      const seen = await marked.evaluate((element) => {
        const box = element.getBoundingClientRect();
        return element.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
      });
      expect(seen, expected).toBe(true);
      await press(page, "ArrowDown");
    }
  });
});

describe("settings", () => {
  test("size, colours and language apply at once after saving", async () => {
    const page = await openWindow();
    await press(page, "Control+4");
    await untilFocused(page, "officeName");
    await at(page, "theme").locator("input:checked").focus();
    await press(page, "ArrowRight");
    await at(page, "textScale").locator("input:checked").focus();
    await press(page, "ArrowRight", "ArrowRight");
    await at(page, "language").locator("input:checked").focus();
    await press(page, "ArrowRight", "Control+Enter");
    await page.getByRole("heading", { name: "Settings" }).waitFor();
    const look = await page.evaluate(() => ({
      theme: document.documentElement.dataset.theme,
      size: getComputedStyle(document.documentElement).fontSize,
      language: document.documentElement.lang,
    }));
    expect(look).toEqual({ theme: "dark", size: "22.5px", language: "en" });
  });

  test("devices answer their tests on the screen", async () => {
    const page = await openWindow();
    await press(page, "Control+4");
    await untilFocused(page, "officeName");
    await at(page, "test-scan").press("Enter");
    await page.getByAltText("Strona z próbnego skanu").waitFor();
    await at(page, "test-label").press("Enter");
    await until(page, "test-label-answer", "ZD421-203dpi");
    await at(page, "test-central").press("Enter");
    await until(page, "test-central-answer", "Okienko central");
  });

  test("F1 shows every key, F1 or Esc puts it away, and the focus returns", async () => {
    const page = await openWindow();
    await untilFocused(page, "sender");
    await press(page, "F1");
    await at(page, "keys-dialog").waitFor();
    await press(page, "F1");
    await at(page, "keys-dialog").waitFor({ state: "detached" });
    await untilFocused(page, "sender");
  });
});
