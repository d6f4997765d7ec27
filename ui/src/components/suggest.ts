import { foldWords } from "./format";

/** What a field proposes. */
export type Suggestion = {
  /** What the field says once it is taken; no two are alike. */
  text: string;
  /** A short name: whoever types it means this one. */
  short: string;
  /** Words below it. */
  detail: string;
  /** Further words that it is found by: of those below it, what is not said of everybody. */
  also: string;
  /** What whoever takes it should know. */
  notice: string;
  /** The text of the one that comes right behind it. */
  beside: string | null;
};

const most = 7;
const misses = 4;

/** Those whom the typed words may mean: short names first, then beginnings of words, then whatever holds them. */
export function suggestionsFor(all: readonly Suggestion[], typed: string): Suggestion[] {
  const wanted = foldWords(typed.trim());
  const found = all
    .map((one, place) => ({ one, place, rank: rank(one, wanted) }))
    .filter(({ rank }) => rank < misses)
    .sort((a, b) => a.rank - b.rank || a.place - b.place);
  const list = new Set<Suggestion>();
  for (const { one } of found) {
    list.add(one);
    const beside = one.beside === null ? undefined : all.find((other) => other.text === one.beside);
    if (beside !== undefined) list.add(beside);
  }
  return [...list].slice(0, most);
}

function rank(one: Suggestion, wanted: string): number {
  if (wanted === "" || foldWords(one.short) === wanted) return 0;
  const text = foldWords(one.text);
  if (text.startsWith(wanted) || text.split(/[\s(,)]+/).some((word) => word.startsWith(wanted))) return 1;
  if (text.includes(wanted)) return 2;
  return foldWords(one.also).includes(wanted) ? 3 : misses;
}
