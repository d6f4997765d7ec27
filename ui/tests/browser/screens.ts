/** Every screen of the window and the way to it, for pictures and for axe. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { at, type Size, untilFocused } from "./window";

export type Shot = { name: string; scene: string; size?: Size; act?: (page: Page) => Promise<void> };
const type = (page: Page, text: string) => page.keyboard.type(text, { delay: 5 });

export const invitation = "https://10.0.0.5:8710 41JA-VAJ4-1420-G30R-4183-E5ZH-9SMV-5QNX-XNXR-4WXM-K3QR-8V2P-6N7T-3KQ9";

/** Keys that come before the list has answered go to the rows of the question before. */
async function untilFound(page: Page, rows: number): Promise<void> {
  await expect.poll(() => page.locator('[data-testid^="row-"]').count(), { timeout: 20_000 }).toBe(rows);
}

async function fillLetter(page: Page): Promise<void> {
  await untilFocused(page, "sender");
  await type(page, "lozi");
  await at(page, "suggestions").waitFor();
  await page.keyboard.press("Enter");
  await untilFocused(page, "title");
  await type(page, "Wniosek o warunki zabudowy");
  await page.keyboard.press("Enter");
  await type(page, "19.11.2026");
  await page.keyboard.press("Enter");
  await type(page, "-");
}

/** Finds one letter of the register and opens it. */
async function openLetter(page: Page): Promise<void> {
  await page.keyboard.press("Control+2");
  await untilFocused(page, "search");
  await type(page, "1215");
  await untilFound(page, 1);
  await page.keyboard.press("Enter");
}

/** Goes to a place that the clerk's account does not open, and waits until it says so. */
async function accountNeeded(page: Page, place: string): Promise<void> {
  await page.keyboard.press(place);
  const refusal = page.getByText(/zalogować się swoim loginem/);
  await refusal.first().waitFor();
}

export const screens: Shot[] = [
  { name: "startup", scene: "startup=key_missing" },
  { name: "first", scene: "session=first" },
  {
    name: "first-wrong",
    scene: "session=first",
    act: async (page) => {
      await untilFocused(page, "address");
      await type(page, "10.0.0.5");
      await page.keyboard.press("Control+Enter");
      await at(page, "error-summary").waitFor();
    },
  },
  {
    name: "first-joined",
    scene: "session=first",
    act: async (page) => {
      await untilFocused(page, "address");
      await type(page, invitation);
      await page.keyboard.press("Enter");
      await at(page, "givenName").waitFor();
    },
  },
  { name: "sign-in", scene: "session=out" },
  {
    name: "sign-in-provider",
    scene: "session=out&provider=unlinked",
    act: async (page) => {
      await untilFocused(page, "password");
      await page.keyboard.press("F8");
      await at(page, "provider-failed").waitFor();
    },
  },
  {
    name: "sign-in-waiting",
    scene: "session=out&provider=waits",
    act: async (page) => {
      await untilFocused(page, "password");
      await page.keyboard.press("F8");
      await untilFocused(page, "provider-give-up");
    },
  },
  { name: "intake-empty", scene: "" },
  {
    name: "pin",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+4");
      await at(page, "pin").click();
      await untilFocused(page, "pin.password");
      await type(page, "zielona brama 7");
      await page.keyboard.press("Enter");
      await type(page, "12a");
      await page.keyboard.press("Control+Enter");
      await page.getByText("PIN to od 4 do 6 cyfr").waitFor();
    },
  },
  {
    name: "password",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+4");
      await at(page, "change").click();
      await untilFocused(page, "change.password");
      await type(page, "zielona brama 7");
      await page.keyboard.press("Enter");
      await type(page, "Kruszyna2026");
      await page.keyboard.press("Control+Enter");
      await page.getByText("zbyt łatwe do odgadnięcia").waitFor();
    },
  },
  {
    name: "letter-erased",
    scene: "erased",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await untilFocused(page, "search");
      await page.getByText("treść usunięta").waitFor();
      await page.keyboard.press("Enter");
      await at(page, "erased").waitFor();
    },
  },
  {
    name: "audit",
    scene: "role=dpo",
    act: async (page) => {
      await at(page, "audit-entry").first().waitFor();
    },
  },
  {
    name: "audit-wrong",
    scene: "role=dpo",
    act: async (page) => {
      await at(page, "audit-entry").first().waitFor();
      await at(page, "audit-clerk").focus();
      await type(page, "Jan Nikt");
      await page.keyboard.press("Control+Enter");
      await page.getByText("nie ma takiej osoby").waitFor();
    },
  },
  {
    name: "day-sheet",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await untilFocused(page, "search");
      await page.keyboard.press("Control+p");
      await page.locator("canvas").first().waitFor();
    },
  },
  {
    name: "tasks",
    scene: "tasks=4",
    act: async (page) => {
      await page.keyboard.press("Control+5");
      await at(page, "version-title").waitFor();
    },
  },
  {
    name: "tasks-decision",
    scene: "tasks=4",
    act: async (page) => {
      await page.keyboard.press("Control+5");
      // The arrows are the list's once the focus is there.
      await untilFocused(page, "tasks-list");
      await page.keyboard.press("ArrowDown");
      await at(page, "task-grant").waitFor();
    },
  },
  {
    name: "tasks-new-label",
    scene: "tasks=5",
    act: async (page) => {
      await page.keyboard.press("Control+5");
      await untilFocused(page, "tasks-list");
      await page.keyboard.press("PageDown");
      await page.getByText(/klawiszem F9/).waitFor();
    },
  },
  {
    name: "letter-elsewhere",
    scene: "scan=elsewhere",
    act: async (page) => {
      await openLetter(page);
      await at(page, "letter-elsewhere").waitFor();
      await page.keyboard.press("F9");
      await untilFocused(page, "reprint-reason");
    },
  },
  {
    name: "tasks-none",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+5");
      await at(page, "tasks-none").waitFor();
    },
  },
  {
    name: "intake",
    scene: "printer=uncertain",
    act: async (page) => {
      await untilFocused(page, "sender");
      await type(page, "lozi");
      await at(page, "suggestions").waitFor();
    },
  },
  {
    name: "intake-new",
    scene: "",
    act: async (page) => {
      await untilFocused(page, "sender");
      await type(page, "kowalska anna maria");
      await page.keyboard.press("Control+n");
      await untilFocused(page, "sender.town");
      await type(page, "Kruszyna");
      await page.keyboard.press("F3");
      await untilFocused(page, "sender.identifier");
      await type(page, "44051401358");
    },
  },
  { name: "intake-filled", scene: "", act: fillLetter },
  {
    name: "intake-more",
    scene: "",
    act: async (page) => {
      await fillLetter(page);
      await page.keyboard.press("F3");
    },
  },
  {
    name: "intake-registered",
    scene: "",
    act: async (page) => {
      await fillLetter(page);
      await page.keyboard.press("Control+Enter");
      await at(page, "registered-number").waitFor();
      await page.waitForTimeout(900);
    },
  },
  {
    name: "intake-errors",
    scene: "",
    act: async (page) => {
      await untilFocused(page, "sender");
      await type(page, "-");
      await page.keyboard.press("Control+Enter");
      await at(page, "error-summary").waitFor();
    },
  },
  { name: "intake-missing", scene: "settings=missing&letters=0&day=question&key=file&central=off&printer=none" },
  { name: "intake-older", scene: "numbers=older" },
  { name: "intake-forked", scene: "numbers=forked" },
  { name: "intake-released", scene: "numbers=released" },
  { name: "intake-revoked", scene: "numbers=revoked&central=off" },
  { name: "intake-recovered", scene: "numbers=recovered" },
  {
    name: "held-file",
    scene: "numbers=revoked&central=off",
    act: async (page) => {
      await at(page, "no-numbers").waitFor();
      await page.keyboard.press("F8");
      await untilFocused(page, "held-file-save");
      await page.keyboard.press("Enter");
      await at(page, "held-file-saved").getByText("22").waitFor();
    },
  },
  {
    name: "settings-card",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+4");
      await untilFocused(page, "officeName");
      await at(page, "card-open").focus();
      await page.keyboard.press("Enter");
      await page.locator('[data-testid="card-dialog"] canvas').waitFor();
    },
  },
  { name: "intake-blocked", scene: "printer=media_out&central=off&numbers=locked", act: fillLetter },
  {
    name: "slip",
    scene: "",
    act: async (page) => {
      await untilFocused(page, "sender");
      await page.keyboard.press("Control+d");
      await page.locator("canvas").first().waitFor();
    },
  },
  {
    name: "reprint",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("F9");
      await at(page, "reprint-dialog").waitFor();
    },
  },
  {
    name: "keys",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("F1");
      await at(page, "keys-dialog").waitFor();
    },
  },
  {
    name: "settings-join",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+4");
      await untilFocused(page, "officeName");
      await at(page, "join-office").focus();
      await page.keyboard.press("Enter");
      await untilFocused(page, "address");
    },
  },
  {
    name: "register",
    scene: "letters=400",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await at(page, "register-list").waitFor();
      await page.keyboard.press("ArrowDown");
    },
  },
  {
    name: "letter",
    scene: "",
    act: async (page) => {
      await openLetter(page);
      await at(page, "letter").waitFor();
      await page.locator("canvas").first().waitFor();
    },
  },
  {
    name: "new-key",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await untilFocused(page, "search");
      await page.locator('[data-testid^="row-"]').first().waitFor();
      await page.keyboard.press("Enter");
      await at(page, "letter").waitFor();
      await page.keyboard.press("k");
      await untilFocused(page, "new-key-yes");
    },
  },
  {
    name: "scan-away",
    scene: "scan=away",
    act: async (page) => {
      await openLetter(page);
      await at(page, "scan-failed").waitFor();
      await at(page, "scan-failed").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "scan-made-room",
    scene: "scan=made_room",
    act: async (page) => {
      await openLetter(page);
      await page.locator("canvas").first().waitFor();
    },
  },
  {
    name: "account-needed",
    scene: "account=desk",
    act: (page) => accountNeeded(page, "Control+2"),
  },
  {
    name: "account-needed-tasks",
    scene: "account=desk",
    act: (page) => accountNeeded(page, "Control+5"),
  },
  {
    name: "stage",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await untilFocused(page, "search");
      await page.locator('[data-testid^="row-"]').first().waitFor();
      await page.keyboard.press("Enter");
      await at(page, "letter").waitFor();
      await page.keyboard.press("e");
      await at(page, "stage-dialog").waitFor();
    },
  },
  {
    name: "addressees",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await untilFocused(page, "search");
      await page.locator('[data-testid^="row-"]').first().waitFor();
      await page.keyboard.press("Enter");
      await at(page, "letter").waitFor();
      await page.keyboard.press("e");
      await untilFocused(page, "stage-unit");
      await page.keyboard.press("Control+a");
      await type(page, "fn");
      await at(page, "field-suggestions").waitFor();
    },
  },
  {
    name: "correct",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await untilFocused(page, "search");
      await page.locator('[data-testid^="row-"]').first().waitFor();
      await page.keyboard.press("Enter");
      await at(page, "letter").waitFor();
      await page.waitForTimeout(100);
      await page.keyboard.press("p");
      await at(page, "correction").waitFor();
    },
  },
  {
    name: "correct-overtaken",
    scene: "correction=overtaken",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await untilFocused(page, "search");
      await page.locator('[data-testid^="row-"]').first().waitFor();
      await page.keyboard.press("Enter");
      await at(page, "letter-title").waitFor();
      await page.keyboard.press("p");
      await untilFocused(page, "correct.reason");
      await type(page, "literówka");
      await page.keyboard.press("Escape");
      await at(page, "letter-title").waitFor();
      await page.keyboard.press("p");
      await untilFocused(page, "correct.reason");
      await page.getByText("Pismo poprawiono, odkąd").waitFor();
    },
  },
  {
    name: "scan-empty",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+3");
      await at(page, "scan").waitFor();
    },
  },
  {
    name: "scan",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("F6");
      await page.getByTestId("pages-received").filter({ hasText: /[67]/ }).waitFor();
      await page.waitForTimeout(150);
    },
  },
  {
    name: "scan-uncertain",
    scene: "scanner=jam",
    act: async (page) => {
      await page.keyboard.press("F6");
      await at(page, "uncertain").waitFor();
      await page.waitForTimeout(150);
    },
  },
  {
    name: "settings",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+4");
      await at(page, "settings-save").waitFor();
    },
  },
  {
    name: "locked",
    scene: "",
    act: async (page) => {
      await page.keyboard.press("Control+l");
      await at(page, "locked").waitFor();
    },
  },
  {
    name: "locked-provider",
    scene: "provider=waits",
    act: async (page) => {
      await page.keyboard.press("Control+l");
      await at(page, "locked").waitFor();
    },
  },
];
