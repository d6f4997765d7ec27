/**
 * One listener for all keys of the window. Layers stack: the newest that knows the chord acts; a modal layer hides
 * those below it. Knows nothing of what the keys do.
 */
export type KeyMap = Readonly<Record<string, ((event: KeyboardEvent) => unknown) | undefined>>;
export type Layer = {
  readonly keys: () => KeyMap;
  readonly modal: boolean;
  readonly always: boolean;
  readonly base?: boolean;
};

const layers: Layer[] = [];

export function pushLayer(layer: Layer): () => void {
  // The window's own keys lie below those of its screens, whichever was shown first.
  if (layer.base === true) layers.unshift(layer);
  else layers.push(layer);
  return () => {
    const at = layers.indexOf(layer);
    if (at >= 0) layers.splice(at, 1);
  };
}

// Chords that belong to the platform or to Polish letters never reach a layer.
const reserved = new Set(["F5", "F7", "F10", "F11", "F12"]);

/**
 * The chord of a key press as the window writes it (`Ctrl+Enter`, `F2`, `T`), or `null` when it is not ours.
 * AltGr counts as Ctrl+Alt on some systems, so anything with Alt types a letter and is left alone.
 */
export function chordOf(event: KeyboardEvent): string | null {
  if (event.isComposing || event.altKey || event.metaKey || event.getModifierState("AltGraph")) return null;
  const { key } = event;
  if (["Control", "Shift", "Dead", "Unidentified", "Process", "CapsLock"].includes(key)) return null;
  if (reserved.has(key)) return null;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  if (event.ctrlKey && digit !== undefined) return `Ctrl+${digit}`;
  const name = key.length === 1 ? key.toUpperCase() : key;
  return `${event.ctrlKey ? "Ctrl+" : ""}${event.shiftKey && key.length > 1 ? "Shift+" : ""}${name}`;
}

/** Whether the key press would type into what has the focus. */
export function typesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit"].includes(target.type);
  return target instanceof HTMLElement && target.isContentEditable;
}

function onKeyDown(event: KeyboardEvent): void {
  const chord = chordOf(event);
  if (chord === null) return;
  const text = chord.length === 1 && typesText(event.target);
  let hidden = false;
  for (const layer of layers.toReversed()) {
    if (!hidden || layer.always) {
      const act = text ? undefined : layer.keys()[chord];
      if (act !== undefined && act(event) !== false) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
    }
    hidden ||= layer.modal;
  }
  // A browser's own Ctrl shortcuts (print, save page, find) have no place in the office's window.
  if (/^Ctrl\+[A-Z]$/.test(chord) && !/^Ctrl\+[ACVXZY]$/.test(chord)) event.preventDefault();
}

let listening = false;

/** Begins to listen; safe to call more than once. */
export function listenToKeys(): void {
  if (listening) return;
  listening = true;
  window.addEventListener("keydown", onKeyDown, { capture: true });
}
