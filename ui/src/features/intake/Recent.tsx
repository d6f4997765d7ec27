/** The letters just received, and the questions about their labels where they arise. */
import { useMutation } from "@tanstack/react-query";
import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { classes } from "../../components/classes";
import { Kbd } from "../../components/Kbd";
import { useHost } from "../../host/host";
import type { LabelAnswer, LetterId, RecentLetter } from "../../host/types";
import { failureText } from "../../i18n/failures";
import { LabelWords } from "./LabelWords";
import styles from "./Recent.module.css";

type Props = {
  letters: RecentLetter[];
  fresh: LetterId | null;
  onOpen: (id: LetterId) => void;
  onAnswered: () => void;
};

export function Recent({ letters, fresh, onOpen, onAnswered }: Props) {
  const { t } = useTranslation();
  return (
    <Card title={t("intake.recent")} aside={<Kbd>Ctrl+2</Kbd>} flush>
      {letters.length === 0 && <p className={styles.empty}>{t("intake.recentEmpty")}</p>}
      <ol className={styles.list} data-testid="recent">
        {letters.map((letter) => (
          <Row key={letter.id} letter={letter} fresh={letter.id === fresh} onOpen={onOpen} onAnswered={onAnswered} />
        ))}
      </ol>
    </Card>
  );
}

function Row(props: { letter: RecentLetter; fresh: boolean; onOpen: (id: LetterId) => void; onAnswered: () => void }) {
  const { letter, fresh, onOpen, onAnswered } = props;
  const { t } = useTranslation();
  const host = useHost();
  const asks = letter.label?.state.state === "uncertain" ? letter.label : null;
  const answer = useMutation({
    mutationFn: (given: LabelAnswer) => host.call("labels_answer", { id: asks?.id ?? "", answer: given }),
    onSuccess: () => onAnswered(),
  });
  const say = (given: LabelAnswer) => {
    if (!answer.isPending) answer.mutate(given);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey) return;
    const key = event.key.toUpperCase();
    if (key === "T") say("printed");
    else if (key === "N") say("not_printed");
    else return;
    event.preventDefault();
  };
  const short = letter.number.split("/").at(-2) ?? letter.number;
  const question =
    asks === null
      ? {}
      : {
          "data-question": asks.id,
          tabIndex: -1,
          onKeyDown,
          role: "group",
          "aria-label": `${letter.number}: ${t("intake.labelState.uncertain")}`,
        };
  return (
    <li>
      <div
        className={classes(styles.row, fresh && styles.fresh, asks !== null && styles.asks)}
        data-testid={`recent-${letter.number}`}
        {...question}
      >
        <span className={styles.number}>{short}</span>
        <div className={styles.words}>
          <span className={styles.first}>
            <button
              type="button"
              className={styles.sender}
              onClick={() => onOpen(letter.id)}
              aria-label={`${t("intake.open")} ${letter.number}`}
            >
              {letter.outside ? t("register.outside") : letter.sender === "" ? t("intake.senderNone") : letter.sender}
            </button>
            {letter.cancelled ? (
              <span className={styles.bad}>{t("intake.cancelled")}</span>
            ) : (
              letter.label !== null && <LabelWords label={letter.label} />
            )}
          </span>
          <span className={styles.second}>
            {letter.hour} · {letter.title}
          </span>
          {asks !== null && (
            <span className={styles.answers}>
              <Button kind="quiet" onPress={() => say("printed")} testId="label-yes">
                <Kbd>T</Kbd> {t("intake.cameOut")}
              </Button>
              <Button kind="quiet" onPress={() => say("not_printed")} testId="label-no">
                <Kbd>N</Kbd> {t("intake.didNot")}
              </Button>
            </span>
          )}
          {answer.error !== null && <span className={styles.bad}>{failureText(t, answer.error)}</span>}
        </div>
      </div>
    </li>
  );
}
