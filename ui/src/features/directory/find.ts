import { foldWords } from "../../components/format";
import type { Addressee } from "../../host/types";

const shown = 7;

/**
 * Those whom the typed words may mean: symbols first, then beginnings of words, then whatever holds them. Whoever stands in for
 * somebody who is away comes right behind her.
 */
export function addresseesFor(all: readonly Addressee[], typed: string): Addressee[] {
  const wanted = foldWords(typed.trim());
  const found = all
    .map((one, place) => ({ one, place, rank: rank(one, wanted) }))
    .filter(({ rank }) => rank < misses)
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .map(({ one }) => one);
  const list: Addressee[] = [];
  for (const one of found) {
    const deputy = one.away === null ? undefined : all.find((other) => other.text === one.away?.deputy);
    for (const next of deputy === undefined ? [one] : [one, deputy]) {
      if (!list.includes(next)) list.push(next);
    }
  }
  return list.slice(0, shown);
}

const misses = 4;

function rank(one: Addressee, wanted: string): number {
  if (wanted === "") return 0;
  const text = foldWords(one.text);
  if (foldWords(one.symbol) === wanted && one.kind === "unit") return 0;
  if (text.split(/[\s(,)]+/).some((word) => word.startsWith(wanted)) || text.startsWith(wanted)) return 1;
  if (text.includes(wanted)) return 2;
  return foldWords(one.detail).includes(wanted) ? 3 : misses;
}
