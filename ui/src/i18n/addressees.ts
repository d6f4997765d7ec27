/** Words for units and people to whom a letter may be given, as a field proposes them. */
import type { TFunction } from "i18next";
import { day } from "../components/format";
import type { Suggestion } from "../components/suggest";
import type { Addressee } from "../host/types";

export function addresseeSuggestions(t: TFunction, all: readonly Addressee[] | undefined): Suggestion[] {
  return (all ?? []).map((one) => ({
    text: one.text,
    short: one.kind === "unit" ? one.symbol : "",
    detail: detail(t, one),
    also: one.kind === "written" ? "" : one.detail,
    notice: notice(t, one),
    // Whoever stands in comes right behind whoever is away.
    beside: one.away?.deputy ?? null,
  }));
}

function detail(t: TFunction, one: Addressee): string {
  if (one.kind === "written") return t("directory.written");
  if (one.kind === "person") return one.detail;
  return one.detail === "" ? t("directory.noHead") : t("directory.head", { name: one.detail });
}

function notice(t: TFunction, one: Addressee): string {
  if (one.away === null) return "";
  const { name, deputy } = one.away;
  const until = day(one.away.until);
  return deputy === null
    ? t("directory.away", { name, until })
    : t("directory.awayWithDeputy", { name, until, deputy });
}
