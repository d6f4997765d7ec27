import type { TFunction } from "i18next";

/** What an entry says in words; a kind of a newer central by its own name. */
export function whatOf(t: TFunction, what: string): string {
  const key = `audit.kinds.${what}`;
  const words: string = t(key as "audit.kinds.record_viewed");
  return words === key ? what : words;
}
