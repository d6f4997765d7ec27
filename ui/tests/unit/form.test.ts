import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { moveFocus } from "../../src/components/flow";
import { day, matched } from "../../src/components/format";
import { bars } from "../../src/features/intake/code128";
import { emptySender, isEmpty } from "../../src/features/intake/form";
import { DraftKeeper } from "../../src/host/draftKeeper";
import { asFailure, CommandFailed, type Host } from "../../src/host/host";
import { newQueryClient, queries, refreshAfter } from "../../src/host/queries";
import type { LetterDraft } from "../../src/host/types";

const draft = (title: string): LetterDraft => ({
  id: "0193-1",
  sender: emptySender,
  title,
  letterDate: "",
  futureDateConfirmed: false,
  reference: "",
  receivedOn: "",
  earlierReason: "",
  postedOn: "",
  delivery: "in_person",
  postingNumber: "",
  attachments: "",
  kind: "",
  access: "non_public",
  unit: "",
  remarks: "",
});

function hostWith(call: (name: string, args: unknown) => Promise<unknown>): Host {
  return { call: call as Host["call"], listen: () => () => undefined };
}

describe("the draft keeper", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("saves a moment after the last key, and only the newest", async () => {
    const saved: string[] = [];
    const keeper = new DraftKeeper<LetterDraft>(async ({ title }) => saved.push(title));
    for (const title of ["W", "Wn", "Wni"]) keeper.keep(draft(title));
    expect(keeper.state()).toBe("saving");
    await vi.advanceTimersByTimeAsync(300);
    expect(saved).toEqual(["Wni"]);
    expect(keeper.state()).toBe("saved");
  });

  test("whoever leaves waits for the save", async () => {
    const saved: string[] = [];
    const keeper = new DraftKeeper<LetterDraft>(async ({ title }) => saved.push(title));
    keeper.keep(draft("Skarga"));
    await keeper.flush();
    expect(saved).toEqual(["Skarga"]);
  });

  test("keeps what the disk refused and tries again", async () => {
    let full = true;
    const saved: string[] = [];
    const keeper = new DraftKeeper<LetterDraft>(async ({ title }) => {
      if (full) throw new CommandFailed({ code: "disk_full", fields: [], incident: null });
      saved.push(title);
    });
    keeper.keep(draft("Wniosek"));
    await keeper.flush();
    expect(keeper.state()).toBe("failed");
    full = false;
    await keeper.flush();
    expect(saved).toEqual(["Wniosek"]);
    expect(keeper.state()).toBe("saved");
  });

  test("what was forgotten while a save failed does not come back", async () => {
    let refuse: (failure: CommandFailed) => void = () => undefined;
    const asked: string[] = [];
    const keeper = new DraftKeeper<LetterDraft>(({ title }) => {
      asked.push(title);
      return new Promise((_, reject) => {
        refuse = reject;
      });
    });
    keeper.keep(draft("Skarga"));
    void keeper.flush();
    await vi.advanceTimersByTimeAsync(0);
    const forgotten = keeper.forget();
    refuse(new CommandFailed({ code: "busy", fields: [], incident: null }));
    await forgotten;
    expect(keeper.waiting()).toBe(null);
    await keeper.flush();
    expect(asked).toEqual(["Skarga"]);
  });

  test("saves nothing any more once the letter is being registered", async () => {
    const saved: string[] = [];
    const keeper = new DraftKeeper<LetterDraft>(async ({ title }) => saved.push(title));
    keeper.keep(draft("Odwołanie"));
    await keeper.forget();
    await vi.advanceTimersByTimeAsync(1000);
    expect(saved).toEqual([]);
  });
});

describe("the form", () => {
  test("is empty until something is typed", () => {
    expect(isEmpty(draft(""))).toBe(true);
    expect(isEmpty({ ...draft(""), delivery: "registered", access: "public_part" })).toBe(true);
    expect(isEmpty(draft("x"))).toBe(false);
    expect(isEmpty({ ...draft(""), sender: { ...emptySender, typed: "-" } })).toBe(false);
  });

  test("Enter goes from field to field, past what is folded or fixed", () => {
    document.body.innerHTML = `<div id="form"><input id="a"><div hidden><input id="b"></div><input id="c" disabled>
      <input type="radio" name="r" id="r1"><input type="radio" name="r" id="r2" checked><textarea id="d"></textarea></div>`;
    const form = document.getElementById("form") as HTMLElement;
    const go = (step: 1 | -1) => {
      moveFocus(form, document.activeElement, step);
      return document.activeElement?.id;
    };
    document.getElementById("a")?.focus();
    expect([go(1), go(1), go(1), go(-1), go(-1)]).toEqual(["r2", "d", "d", "r2", "a"]);
  });

  test("dates are written as in Poland", () => {
    expect([day("2026-11-03"), day("2026-11"), day("2026"), day("brak")]).toEqual([
      "03.11.2026",
      "11.2026",
      "2026",
      "brak",
    ]);
  });

  test("what was typed is found in a name whatever its diacritics", () => {
    expect(matched("Łozińska Barbara", "lozi")).toEqual(["", "Łozi", "ńska Barbara"]);
    expect(matched("Świątek-Gęsior", "gesior")).toEqual(["Świątek-", "Gęsior", ""]);
    expect(matched("Nowak", "xyz")).toEqual(["Nowak", "", ""]);
  });

  test("a Code 128 is whole: start, check and stop", () => {
    const widths = bars("WK12600123582");
    const modules = widths.reduce((sum, width) => sum + width, 0);
    expect((modules - 13) % 11).toBe(0);
    expect(widths.slice(-7)).toEqual([2, 3, 3, 1, 1, 1, 2]);
  });
});

describe("refusals", () => {
  test("anything unknown is a fault of ours", () => {
    expect(asFailure("panic").code).toBe("unexpected");
    expect(asFailure({ code: "busy", fields: [], incident: null }).code).toBe("busy");
  });
});

describe("events of the desk", () => {
  test("make stale what they touch, and never the typed draft", async () => {
    const host = hostWith(async () => null);
    const client = newQueryClient();
    client.setQueryData(queries.status(host).queryKey, null as never);
    client.setQueryData(queries.letter(host, "l1").queryKey, null as never);
    client.setQueryData(queries.letter(host, "l2").queryKey, null as never);
    refreshAfter(client, { event: "label_changed", letterId: "l1" });
    expect(client.getQueryState(queries.letter(host, "l1").queryKey)?.isInvalidated).toBe(true);
    expect(client.getQueryState(queries.letter(host, "l2").queryKey)?.isInvalidated).toBe(false);
    expect(client.getQueryState(queries.status(host).queryKey)?.isInvalidated).toBe(true);
  });
});
