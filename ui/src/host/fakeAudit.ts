/** The audit of the fake office: invented people and letters. */
import type * as T from "./types";

const clerks: T.AuditClerkView[] = [
  { id: "01939f2e-7c1a-7000-8000-0000000000c1", name: "Anna Lis" },
  { id: "01939f2e-7c1a-7000-8000-0000000000c2", name: "Zofia Maj" },
];
const kinds = [
  "record_viewed",
  "records_found",
  "letter_registered",
  "stage_set",
  "signed_in_at_central",
  "letter_corrected",
  "role_granted",
  "scan_attached",
];

const minute = (index: number) => `23.11.2026 ${14 - Math.floor(index / 20)}:${String(59 - (index % 20) * 3)}`;

export function fakeAudit(draft: T.AuditDraft): T.AuditPageView {
  const from = Number(draft.after ?? 0);
  const all = Array.from({ length: 70 }, (_, index): T.AuditEntryView => {
    const what = kinds[index % kinds.length] ?? "record_viewed";
    const atCentral = what === "role_granted" || what === "signed_in_at_central";
    return {
      at: minute(index),
      toldAt: index % 9 === 4 ? "23.11.2026 8:02" : null,
      desk: atCentral ? null : "K1",
      by: what === "role_granted" ? "" : (clerks[index % 2]?.name ?? ""),
      what,
      letters: atCentral ? [] : [`WK1-26-${String(70 - index).padStart(6, "0")}-50`],
      further: what === "records_found" ? 7 : 0,
      reason: index === 5 ? "overlap" : null,
    };
  });
  const wanted = all.filter((entry) => {
    const clerk = clerks.find((one) => one.id === draft.clerk);
    return (
      (clerk === undefined || entry.by === clerk.name) &&
      (draft.letter === "" || entry.letters.some((letter) => letter.includes(draft.letter)))
    );
  });
  const next = from + 50 < wanted.length ? String(from + 50) : null;
  const entries = wanted.slice(from, from + 50);
  return { entries, next, from: "24.10.2026", to: "23.11.2026", head: 1204, clerks: from === 0 ? clerks : [] };
}
