import { useTranslation } from "react-i18next";
import type { LabelView } from "../../host/types";
import styles from "./Recent.module.css";

const looks = {
  queued: "calm",
  checking: "calm",
  blocked: "bad",
  sending: "calm",
  sent: "calm",
  confirmed: "ok",
  uncertain: "warn",
  reprinted: "calm",
  cancelled: "calm",
} as const;

/** Where one label stands, in words and colour. */
export function LabelWords({ label }: { label: LabelView }) {
  const { t } = useTranslation();
  const { state } = label.state;
  return (
    <span className={styles[looks[state]]} data-testid="label-state" data-state={state}>
      {t(`intake.labelState.${state}`)}
      {state === "blocked" && label.state.state === "blocked" && `: ${t(`shell.block.${label.state.reason}`)}`}
      {label.copy > 0 && state === "confirmed" && ` (${t("intake.duplicate", { copy: label.copy })})`}
    </span>
  );
}
