/** `2026-11-23` as people write it, `23.11.2026`; `2026-11` is `11.2026`; anything else stays as it is. */
export function day(iso: string): string {
  const parts = iso.split("-");
  return /^\d{4}(-\d{2}){0,2}$/.test(iso) ? parts.toReversed().join(".") : iso;
}

/** The parts of a name around what was typed, without regard to Polish diacritics. */
export function matched(text: string, typed: string): [before: string, hit: string, after: string] {
  const wanted = foldWords(typed.trim());
  const at = wanted === "" ? -1 : foldWords(text).indexOf(wanted);
  return at < 0
    ? [text, "", ""]
    : [text.slice(0, at), text.slice(at, at + wanted.length), text.slice(at + wanted.length)];
}

/** Whether two texts are the same but for capitals and spaces around them. */
export function sameWords(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** Small letters without Polish diacritics: letter by letter, so that places in the folded text are places in the text. */
export function foldWords(text: string): string {
  return [...text.toLowerCase()]
    .map((letter) => (letter === "ł" ? "l" : (letter.normalize("NFD")[0] ?? letter)))
    .join("");
}
