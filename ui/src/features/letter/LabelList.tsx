import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import type { LabelAnswer, LabelView } from "../../host/types";
import { failureText } from "../../i18n/failures";
import styles from "./Letter.module.css";

/** The labels of a letter, oldest first, and the question that one in doubt asks. */
export function LabelList({ labels, onAnswered }: { labels: LabelView[]; onAnswered: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const asks = labels.find((label) => label.state.state === "uncertain");
  const answer = useMutation({
    mutationFn: (given: { id: string; answer: LabelAnswer }) => host.call("labels_answer", given),
    onSuccess: onAnswered,
  });
  const say = (given: LabelAnswer) => {
    if (asks !== undefined && !answer.isPending) answer.mutate({ id: asks.id, answer: given });
  };
  useKeys({
    T: asks === undefined ? undefined : () => say("printed"),
    N: asks === undefined ? undefined : () => say("not_printed"),
  });
  return (
    <>
      <ul className={styles.labels}>
        {labels.map((label) => (
          <li key={label.id} data-testid="label" data-state={label.state.state}>
            {label.copy > 0 && <strong>{t("intake.duplicate", { copy: label.copy })}: </strong>}
            {t(`intake.labelState.${label.state.state}`)}
            {label.state.state === "blocked" && `: ${t(`shell.block.${label.state.reason}`)}`}
          </li>
        ))}
      </ul>
      {asks !== undefined && (
        // biome-ignore lint/a11y/useSemanticElements: a question, not a fieldset
        <div
          className={styles.question}
          data-question={asks.id}
          role="group"
          tabIndex={-1}
          aria-label={t("intake.labelState.uncertain")}
        >
          <Button kbd="T" onPress={() => say("printed")} testId="letter-label-yes">
            {t("intake.cameOut")}
          </Button>
          <Button kbd="N" onPress={() => say("not_printed")} testId="letter-label-no">
            {t("intake.didNot")}
          </Button>
        </div>
      )}
      {answer.error !== null && <p role="alert">{failureText(t, answer.error)}</p>}
    </>
  );
}
