import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";
import type { ErrorCode } from "../../host/types";
import { failureText } from "../../i18n/failures";
import { Gate } from "./Gate";
import styles from "./Gate.module.css";

const told = [
  "key_missing",
  "key_wrong",
  "database_damaged",
  "database_newer",
  "already_running",
  "disk_fault",
  "disk_full",
] as const;

/** Why the program cannot open, and the way out; each reason has its own. */
export function StartupFailed({ code, dataFolder }: { code: ErrorCode; dataFolder: string }) {
  const { t } = useTranslation();
  const host = useHost();
  const known = told.find((one) => one === code) ?? "other";
  const quit = () => void host.call("window_quit");
  const byCard = code === "key_missing" || code === "key_wrong";
  useKeys({ "Ctrl+Enter": quit });
  return (
    <Gate title={t("session.startup.title")} testId="startup-failed">
      <p role="alert" data-testid={`startup-${code}`}>
        {t(`session.startup.${known}.what`)}
      </p>
      <div className={styles.out}>
        <h2>{t("session.startup.wayOut")}</h2>
        <p>{t(`session.startup.${known}.out`)}</p>
      </div>
      {byCard && <RecoveryCard />}
      {dataFolder !== "" && <p className={styles.folder}>{t("session.dataFolder", { folder: dataFolder })}</p>}
      <div className={styles.actions}>
        <Button kind={byCard ? undefined : "main"} kbd="Ctrl+Enter" onPress={quit} autoFocus={!byCard} testId="quit">
          {t("session.quit")}
        </Button>
      </div>
    </Gate>
  );
}

/** The way back in: the letters of the card, scanned or typed. */
function RecoveryCard() {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [letters, setLetters] = useState("");
  const recover = useMutation({
    mutationFn: () => host.call("startup_recover", { letters }),
    onSuccess: (startup) => client.setQueryData(keys.startup, startup),
  });
  const submit = () => {
    if (!recover.isPending && letters.trim() !== "") recover.mutate();
  };
  const failure = recover.error;
  return (
    <div className={styles.form}>
      <Field
        name="card"
        label={t("session.startup.card")}
        value={letters}
        onChange={setLetters}
        mono
        autoFocus
        hint={t("session.startup.cardHint")}
        error={
          failure === null
            ? undefined
            : failure.code === "key_wrong"
              ? t("session.startup.cardWrongDesk")
              : failureText(t, failure)
        }
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.ctrlKey) submit();
        }}
      />
      <p className={styles.hint}>{t("session.startup.cardLead")}</p>
      <div className={styles.actions}>
        <Button kind="main" kbd="Enter" onPress={submit} testId="card-go">
          {t("session.startup.cardGo")}
        </Button>
      </div>
    </div>
  );
}
