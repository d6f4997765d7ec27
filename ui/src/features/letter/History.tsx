import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { FieldChange, HistoryEntry, HistoryKind } from "../../host/types";
import styles from "./Letter.module.css";

function told(t: TFunction, what: HistoryKind): string {
  switch (what.kind) {
    case "registered":
      return t("letter.happened.registered");
    case "corrected":
      return t("letter.happened.corrected", { reason: what.reason });
    case "cancelled":
      return t("letter.happened.cancelled", { reason: what.reason });
    case "stage_set": {
      const stage = t(`register.stages.${what.stage}`);
      return what.unit === null
        ? t("letter.happened.stage_set", { stage })
        : t("letter.happened.stage_set_unit", { stage, unit: what.unit });
    }
    case "scan_attached":
      return t("letter.happened.scan_attached", { count: what.pages });
    case "label_reprinted":
      return t("letter.happened.label_reprinted", { copy: what.copy, reason: what.reason });
    case "slip_made":
      return t("letter.happened.slip_made");
  }
}

const names: Record<
  string,
  "sender" | "letterTitle" | "letterDate" | "reference" | "attachments" | "remarks" | "unit"
> = {
  sender: "sender",
  title: "letterTitle",
  letterDate: "letterDate",
  reference: "reference",
  attachments: "attachments",
  remarks: "remarks",
  unit: "unit",
};

function changed(t: TFunction, change: FieldChange): string {
  const name = names[change.field];
  const empty = "∅";
  return t("letter.change", {
    field: name === undefined ? change.field : t(`intake.${name}`),
    old: change.old === "" ? empty : change.old,
    new: change.new === "" ? empty : change.new,
  });
}

/** What happened to the letter, newest first. */
export function History({ entries }: { entries: HistoryEntry[] }) {
  const { t } = useTranslation();
  return (
    <ol className={styles.history} data-testid="history">
      {entries.toReversed().map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of history are only ever added
        <li key={entries.length - index}>
          <span className={styles.soft}>
            {entry.at} · {entry.by === "" ? t("letter.central") : entry.by}
          </span>
          <span>{told(t, entry.what)}</span>
          {entry.what.kind === "corrected" &&
            entry.what.changes.map((change) => (
              <span key={change.field} className={styles.soft}>
                {changed(t, change)}
              </span>
            ))}
        </li>
      ))}
    </ol>
  );
}
