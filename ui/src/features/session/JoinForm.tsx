import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { ErrorSummary } from "../../components/ErrorSummary";
import { Field } from "../../components/Field";
import { enterMovesOn } from "../../components/flow";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";
import type { EnrolDraft, EnrolledView } from "../../host/types";
import { errorAt, failureText, fieldText } from "../../i18n/failures";
import styles from "./Gate.module.css";

const fields = ["address", "invitation"] as const;

/** A scanned code holds both; a reader types it into whichever field has the focus. */
function parted(draft: EnrolDraft): EnrolDraft {
  const scanned = [draft.address, draft.invitation].map((typed) => /^(\S+:\/\/\S+)\s+(.+)$/.exec(typed.trim()));
  const found = scanned.find((one) => one !== null);
  return found == null ? draft : { address: found[1] ?? "", invitation: found[2] ?? "" };
}

type Props = { onJoined: (view: EnrolledView) => void; autoFocus?: boolean; modal?: boolean };

/** The invitation of an office, scanned or typed. */
export function JoinForm({ onJoined, autoFocus, modal }: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [draft, setDraft] = useState<EnrolDraft>({ address: "", invitation: "" });
  const [attempt, setAttempt] = useState(0);
  const join = useMutation({
    mutationFn: (sent: EnrolDraft) => host.call("enrolment_join", { draft: sent }),
    onSuccess: (view) => {
      onJoined(view);
      for (const queryKey of [keys.session, keys.settings, keys.status, keys.intake])
        void client.invalidateQueries({ queryKey });
    },
    onSettled: () => setAttempt((count) => count + 1),
  });
  const submit = () => {
    if (join.isPending) return;
    const whole = parted(draft);
    setDraft(whole);
    join.mutate(whole);
  };
  useKeys({ "Ctrl+Enter": submit }, modal === true ? { modal: true } : {});
  const field = (name: keyof EnrolDraft) => ({
    name,
    label: t(`session.join.${name}`),
    value: draft[name],
    onChange: (value: string) => setDraft((before) => ({ ...before, [name]: value })),
    error: errorAt(t, join.error, name),
    hint: t(`session.join.${name}Hint`),
    mono: true,
    // A reader ends with Enter: what it typed is sent at once. So is what was typed by hand into the last field.
    onKeyDown: (event: KeyboardEvent) => {
      const scanned = /\s/.test(draft[name].trim()) && draft[name].includes("://");
      if (event.key !== "Enter" || event.ctrlKey || !(scanned || name === "invitation")) return;
      event.preventDefault();
      event.stopPropagation();
      submit();
    },
  });
  const wrong = join.error?.fields ?? [];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter moves on within the fields of this form
    <div className={styles.form} onKeyDown={enterMovesOn}>
      <ErrorSummary
        title={t("session.wrongFields")}
        attempt={attempt}
        lines={wrong.map((error) => ({
          field: error.field,
          label: t(`session.join.${fields.find((name) => name === error.field) ?? "invitation"}`),
          text: fieldText(t, error),
        }))}
        goTo={(name) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`)?.focus()}
      />
      {join.error !== null && wrong.length === 0 && (
        <p className={styles.error} role="alert" data-testid="join-failed">
          {failureText(t, join.error)}
        </p>
      )}
      <Field {...field("address")} autoFocus={autoFocus} />
      <Field {...field("invitation")} />
      <div className={styles.actions}>
        <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="join">
          {t(join.isPending ? "session.join.pending" : "session.join.go")}
        </Button>
      </div>
    </div>
  );
}
