/** What stands between the clerk and the next number: settings, the office day, the highest label. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { day } from "../../components/format";
import { Notice } from "../../components/Notice";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";
import type { DayQuestion, IntakeView, NumbersLocked, WhyLocked } from "../../host/types";
import { failureText } from "../../i18n/failures";
import styles from "./LetterFields.module.css";

const settingNames = [
  "officeName",
  "officeTown",
  "teryt",
  "pointSymbol",
  "incomingSymbol",
  "outgoingSymbol",
  "statusAddress",
] as const;

type Props = { view: IntakeView; onSettings: () => void; onHeldFile: () => void };

export function Questions({ view, onSettings, onHeldFile }: Props) {
  const { t } = useTranslation();
  const names = view.missingSettings.map((field) => {
    const known = settingNames.find((name) => name === field);
    return known === undefined ? field : t(`settings.${known}`);
  });
  return (
    <>
      {names.length > 0 && (
        <Notice kind="calm" title={t("intake.missingTitle")} testId="missing-settings">
          <p>{t("intake.missingLead", { fields: names.join(", ") })}</p>
          <div>
            <Button kbd="Ctrl+4" onPress={onSettings} testId="go-settings">
              {t("intake.missingGo")}
            </Button>
          </div>
        </Notice>
      )}
      {view.dayQuestion !== null && <Day question={view.dayQuestion} />}
      {view.numbersLocked !== null &&
        (view.numbersLocked.why === "behind" ? (
          <Highest locked={view.numbersLocked} alone={view.dayQuestion === null} />
        ) : (
          <NoNumbers
            why={view.numbersLocked.why}
            last={view.numbersLocked.lastNumber}
            alone={view.dayQuestion === null}
            onHeldFile={onHeldFile}
          />
        ))}
    </>
  );
}

type NoNumbersProps = {
  why: Exclude<WhyLocked, "behind">;
  last: string | null;
  /** No other question stands above: F8 answers that one first. */
  alone: boolean;
  onHeldFile: () => void;
};

/** No label that the clerk could name helps here: the administrator decides, or has decided. */
function NoNumbers({ why, last, alone, onHeldFile }: NoNumbersProps) {
  const { t } = useTranslation();
  // What it writes is held at central, whether it is sent or carried there.
  const held = why === "revoked" || why === "forked";
  useKeys({ F8: held && alone ? onHeldFile : undefined });
  return (
    <Notice kind="bad" title={t(`intake.noNumbers.${why}Title`)} live testId="no-numbers">
      <p>{t(`intake.noNumbers.${why}Lead`)}</p>
      <p>
        {t(
          why === "released" || why === "ungranted" || why === "recovered"
            ? "intake.noNumbers.sent"
            : "intake.noNumbers.goOn",
          {
            last: last ?? t("intake.lockedNoLast"),
          },
        )}
      </p>
      {held && (
        <>
          <p>{t("intake.noNumbers.file")}</p>
          <div>
            <Button kbd={alone ? "F8" : undefined} onPress={onHeldFile} testId="no-numbers-file">
              {t("heldFile.open")}
            </Button>
          </div>
        </>
      )}
    </Notice>
  );
}

function Day({ question }: { question: DayQuestion }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [refused, setRefused] = useState(false);
  const confirm = useMutation({
    mutationFn: () => host.call("intake_confirm_day", { day: question.claimed }),
    onSuccess: (view) => client.setQueryData(keys.intake, view),
  });
  useKeys({ F8: () => confirm.mutate() });
  const claimed = day(question.claimed);
  return (
    <Notice kind="warn" title={t("intake.dayTitle", { day: claimed })} live testId="day-question">
      <p>{t(refused ? "intake.dayNoLead" : "intake.dayLead", { stored: day(question.stored), claimed })}</p>
      <div>
        <Button kbd="F8" onPress={() => confirm.mutate()} testId="day-yes">
          {t("intake.dayYes", { day: claimed })}
        </Button>{" "}
        {!refused && (
          <Button kind="quiet" onPress={() => setRefused(true)} testId="day-no">
            {t("intake.dayNo")}
          </Button>
        )}
      </div>
      {confirm.error !== null && <p>{failureText(t, confirm.error)}</p>}
    </Notice>
  );
}

function Highest({ locked, alone }: { locked: NumbersLocked; alone: boolean }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const name = useMutation({
    mutationFn: () => host.call("intake_name_highest_label", { text }),
    onSuccess: (view) => client.setQueryData(keys.intake, view),
  });
  const submit = () => {
    if (!name.isPending) name.mutate();
  };
  useKeys({ F8: alone ? submit : undefined });
  return (
    <Notice kind="warn" title={t("intake.lockedTitle")} live testId="numbers-locked">
      <p>{t("intake.lockedLead", { last: locked.lastNumber ?? t("intake.lockedNoLast") })}</p>
      <div className={styles.row3}>
        <Field
          name="highest-label"
          label={t("intake.lockedField")}
          mono
          value={text}
          onChange={setText}
          hint={t("intake.lockedHint")}
          error={name.error === null ? undefined : failureText(t, name.error)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.ctrlKey) return;
            event.preventDefault();
            submit();
          }}
        />
      </div>
      <div>
        <Button kbd={alone ? "F8" : undefined} onPress={submit} testId="highest-go">
          {t("intake.lockedGo")}
        </Button>
      </div>
    </Notice>
  );
}
