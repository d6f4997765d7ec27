/** `2026-11-23` as people write it, `23.11.2026`; `2026-11` is `11.2026`; anything else stays as it is. */
export function day(iso: string): string {
  const parts = iso.split("-");
  return /^\d{4}(-\d{2}){0,2}$/.test(iso) ? parts.toReversed().join(".") : iso;
}

/** The parts of a name around what was typed, without regard to Polish diacritics. */
export function matched(text: string, typed: string): [before: string, hit: string, after: string] {
  const wanted = plain(typed.trim());
  const at = wanted === "" ? -1 : plain(text).indexOf(wanted);
  return at < 0
    ? [text, "", ""]
    : [text.slice(0, at), text.slice(at, at + wanted.length), text.slice(at + wanted.length)];
}

// Letter by letter, so that places in the folded text are places in the text.
function plain(text: string): string {
  return [...text.toLowerCase()]
    .map((letter) => (letter === "ł" ? "l" : (letter.normalize("NFD")[0] ?? letter)))
    .join("");
}
