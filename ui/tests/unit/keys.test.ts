import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chordOf, type KeyMap, listenToKeys, pushLayer } from "../../src/components/keyLayers";

const removers: (() => void)[] = [];
const layer = (keys: KeyMap, options: { modal?: boolean; always?: boolean } = {}) => {
  removers.push(pushLayer({ keys: () => keys, modal: options.modal ?? false, always: options.always ?? false }));
};
const press = (init: KeyboardEventInit & { graph?: boolean }, target: EventTarget = document.body) => {
  const event = new KeyboardEvent("keydown", {
    bubbles: true,
    cancelable: true,
    modifierAltGraph: init.graph,
    ...init,
  });
  target.dispatchEvent(event);
  return event;
};

beforeEach(listenToKeys);
afterEach(() => {
  for (const remove of removers.splice(0)) remove();
  document.body.replaceChildren();
});

describe("the name of a key", () => {
  const name = (init: KeyboardEventInit) => chordOf(new KeyboardEvent("keydown", init));
  test.each([
    [{ key: "Enter", ctrlKey: true }, "Ctrl+Enter"],
    [{ key: "Enter", shiftKey: true }, "Shift+Enter"],
    [{ key: "F2" }, "F2"],
    [{ key: "t" }, "T"],
    [{ key: "T", shiftKey: true }, "T"],
    [{ key: "/" }, "/"],
    [{ key: "l", ctrlKey: true }, "Ctrl+L"],
    [{ key: "1", code: "Digit1", ctrlKey: true }, "Ctrl+1"],
    [{ key: "&", code: "Digit1", ctrlKey: true }, "Ctrl+1"],
    [{ key: "Escape" }, "Escape"],
  ])("%o is %s", (init, chord) => expect(name(init)).toBe(chord));

  test("is none for what belongs to Polish letters and to the platform", () => {
    expect(name({ key: "ł", altKey: true, ctrlKey: true })).toBeNull();
    expect(name({ key: "ł", modifierAltGraph: true })).toBeNull();
    expect(name({ key: "l", altKey: true })).toBeNull();
    expect(name({ key: "l", metaKey: true })).toBeNull();
    for (const key of ["F5", "F7", "F10", "F11", "F12", "Dead", "Control"]) expect(name({ key })).toBeNull();
    expect(name({ key: "a", isComposing: true })).toBeNull();
  });
});

describe("layers of keys", () => {
  test("the newest that knows the key acts, and the key goes no further", () => {
    const below = vi.fn();
    const above = vi.fn();
    layer({ F2: below, F1: below });
    layer({ F2: above });
    const event = press({ key: "F2" });
    expect(above).toHaveBeenCalledOnce();
    expect(below).not.toHaveBeenCalled();
    expect(event.defaultPrevented).toBe(true);
    press({ key: "F1" });
    expect(below).toHaveBeenCalledOnce();
  });

  test("a layer that declines leaves the key to the one below", () => {
    const below = vi.fn();
    layer({ Escape: below });
    layer({ Escape: () => false });
    press({ key: "Escape" });
    expect(below).toHaveBeenCalledOnce();
  });

  test("a dialogue hides everything but the lock", () => {
    const hidden = vi.fn();
    const lock = vi.fn();
    layer({ "Ctrl+L": lock }, { always: true });
    layer({ F2: hidden });
    layer({ Escape: vi.fn() }, { modal: true });
    press({ key: "F2" });
    press({ key: "l", ctrlKey: true });
    expect(hidden).not.toHaveBeenCalled();
    expect(lock).toHaveBeenCalledOnce();
  });

  test("single letters type where a text field has the focus", () => {
    const act = vi.fn();
    layer({ T: act, "/": act, F2: act });
    const input = document.createElement("input");
    document.body.append(input);
    expect(press({ key: "t" }, input).defaultPrevented).toBe(false);
    expect(press({ key: "/" }, input).defaultPrevented).toBe(false);
    expect(act).not.toHaveBeenCalled();
    press({ key: "F2" }, input);
    press({ key: "t" });
    expect(act).toHaveBeenCalledTimes(2);
  });

  test("AltGr letters reach the field untouched", () => {
    const act = vi.fn();
    layer({ "Ctrl+L": act, "Ctrl+E": act, "Ctrl+N": act });
    const input = document.createElement("input");
    document.body.append(input);
    for (const key of ["ł", "ę", "ń"]) {
      expect(press({ key, ctrlKey: true, altKey: true }, input).defaultPrevented).toBe(false);
      expect(press({ key, modifierAltGraph: true }, input).defaultPrevented).toBe(false);
    }
    expect(act).not.toHaveBeenCalled();
  });
});
