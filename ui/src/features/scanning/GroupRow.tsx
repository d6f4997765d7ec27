import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { classes } from "../../components/classes";
import { Field } from "../../components/Field";
import { Kbd } from "../../components/Kbd";
import { useKeys } from "../../components/useKeys";
import type { CommandFailed } from "../../host/host";
import type { GroupDecision, GroupView, PageId, PageView } from "../../host/types";
import { failureText } from "../../i18n/failures";
import { PageImage } from "./PageImage";
import styles from "./Scanning.module.css";

type Props = {
  group: GroupView;
  index: number;
  before: GroupView | null;
  pages: PageView[];
  coming: boolean;
  assigning: boolean;
  assignFailure: CommandFailed | null;
  onAssign: () => void;
  onStopAssigning: () => void;
  onDecide: (decision: GroupDecision) => void;
  onZoom: (page: PageId) => void;
};

/** Pages that belong together: the letter they are proposed for, or the question they raise. */
export function GroupRow(props: Props) {
  const { group, index, before, pages, coming, assigning, onAssign, onDecide, onZoom } = props;
  const { t } = useTranslation();
  const { letter, question } = group;
  const title = question === null ? null : t(`scanning.question.${question}.title`);
  return (
    <section
      className={classes(styles.group, question !== null && styles.asks)}
      data-group={index}
      data-testid={`group-${index}`}
      aria-label={title ?? letter?.number ?? ""}
      {...(question === null ? {} : { "data-question": question, tabIndex: -1 })}
    >
      <div className={styles.about}>
        {letter !== null && (
          <>
            <span className={styles.number}>{letter.number}</span>
            <span>{letter.sender === "" ? t("scanning.noSender") : letter.sender}</span>
            <span>
              {letter.title}
              {letter.attachments > 0 && `, ${t("scanning.attachments", { count: letter.attachments })}`}
            </span>
          </>
        )}
        {question !== null && (
          <>
            <span className={styles.question}>{title}</span>
            <span>{t(`scanning.question.${question}.lead`)}</span>
          </>
        )}
      </div>
      <div className={styles.right}>
        <ol className={styles.thumbs}>
          {group.pages.map((id, place) => {
            const page = pages.find((one) => one.id === id);
            const number = place + 1;
            return (
              <li key={id}>
                <button
                  type="button"
                  className={styles.thumb}
                  data-page={id}
                  onClick={() => onZoom(id)}
                  aria-label={[
                    t("scanning.page", { place: number }),
                    page?.label != null ? t("scanning.withLabel") : "",
                    page?.broken === true ? t("scanning.broken") : "",
                  ]
                    .filter((part) => part !== "")
                    .join(", ")}
                >
                  <PageImage id={id} alt="" size="thumbnail" className={styles.picture} />
                  {page?.broken === true && <span className={styles.broken}>{t("scanning.broken")}</span>}
                  <span className={styles.place}>{number}</span>
                </button>
              </li>
            );
          })}
          {coming && (
            <li>
              <span className={classes(styles.thumb, styles.coming)}>{t("scanning.coming")}</span>
            </li>
          )}
        </ol>
        {question !== null && !assigning && (
          <div className={styles.answers}>
            {before !== null && question !== "broken_page" && (
              <Button kind="quiet" onPress={() => onDecide({ decision: "join_previous" })} testId="join-previous">
                <Kbd>P</Kbd> {t("scanning.previous")}
              </Button>
            )}
            {question !== "broken_page" && (
              <Button kind="quiet" onPress={onAssign} testId="assign">
                <Kbd>W</Kbd> {t("scanning.assign")}
              </Button>
            )}
            <Button kind="quiet" onPress={() => onDecide({ decision: "set_aside" })} testId="set-aside">
              <Kbd>O</Kbd> {t("scanning.aside")}
            </Button>
          </div>
        )}
        {assigning && <Assign {...props} />}
      </div>
    </section>
  );
}

function Assign({ onDecide, onStopAssigning, assignFailure }: Props) {
  const { t } = useTranslation();
  const [number, setNumber] = useState("");
  const submit = () => onDecide({ decision: "assign_to", number });
  useKeys({ Escape: onStopAssigning });
  return (
    <div className={styles.assign}>
      <Field
        name="assign-number"
        label={t("scanning.assignField")}
        mono
        value={number}
        onChange={setNumber}
        autoFocus
        error={
          assignFailure === null
            ? undefined
            : assignFailure.code === "not_found"
              ? t("scanning.assignWrong")
              : failureText(t, assignFailure)
        }
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.ctrlKey) return;
          event.preventDefault();
          submit();
        }}
      />
      <Button kbd="Enter" onPress={submit} testId="assign-go">
        {t("scanning.assignGo")}
      </Button>
    </div>
  );
}
