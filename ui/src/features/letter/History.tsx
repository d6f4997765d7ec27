import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { FieldChange, HistoryEntry, HistoryKind } from "../../host/types";
import { fieldName, fieldValue } from "../../i18n/fields";
import styles from "./Letter.module.css";

function told(t: TFunction, what: HistoryKind): string {
  switch (what.kind) {
    case "registered":
      return t("letter.happened.registered");
    case "corrected":
      return t("letter.happened.corrected", { reason: what.reason });
    case "cancelled":
      return t("letter.happened.cancelled", { reason: what.reason });
    case "cancellation_asked":
      return t("letter.happened.cancellation_asked");
    case "stage_set":
      return t("letter.happened.stage_set", { stage: t(`register.stages.${what.stage}`) });
    case "unit_set":
      return what.unit === null ? t("letter.happened.unit_none") : t("letter.happened.unit_set", { unit: what.unit });
    case "scan_attached":
      return t("letter.happened.scan_attached", { count: what.pages });
    case "label_reprinted":
      return t("letter.happened.label_reprinted", { copy: what.copy, reason: what.reason });
    case "erased":
      return t("letter.happened.erased");
    case "key_issued":
      return t("letter.happened.key_issued");
    case "slip_made":
      return t("letter.happened.slip_made");
  }
}

function changed(t: TFunction, change: FieldChange): string {
  return t("letter.change", {
    field: fieldName(t, change.field),
    old: fieldValue(t, change.field, change.old),
    new: fieldValue(t, change.field, change.new),
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
