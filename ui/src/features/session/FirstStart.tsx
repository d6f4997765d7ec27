import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Choice } from "../../components/Choice";
import { ErrorSummary } from "../../components/ErrorSummary";
import { Field } from "../../components/Field";
import { enterMovesOn } from "../../components/flow";
import { Notice } from "../../components/Notice";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";
import type { EnrolledView, FirstClerkDraft } from "../../host/types";
import { errorAt, failureText, fieldText } from "../../i18n/failures";
import { Gate } from "./Gate";
import styles from "./Gate.module.css";
import { JoinForm } from "./JoinForm";

const fields = ["givenName", "surname", "password", "passwordAgain"] as const;

type Way = "join" | "alone";

/** First start: the desk joins its office; where nobody has accounts, the first clerk of this desk makes one. */
export function FirstStart() {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way>("join");
  // Whoever chooses by the arrows stays at the choice.
  const [chosen, setChosen] = useState(false);
  const [joined, setJoined] = useState<EnrolledView | null>(null);
  if (joined !== null)
    return (
      <Gate title={t("session.firstTitle")} lead={t("session.firstLead")} testId="first-start">
        <Notice kind="ok" title={t("session.join.done", { office: joined.officeName })} />
        <FirstClerk autoFocus />
      </Gate>
    );
  return (
    <Gate title={t("session.firstTitle")} testId="first-start">
      <Choice
        label={t("session.way")}
        value={way}
        options={(["join", "alone"] as const).map((value) => ({ value, label: t(`session.ways.${value}`) }))}
        onChange={(value) => {
          setChosen(true);
          setWay(value);
        }}
        testId="way"
      />
      <p className={styles.lead}>{t(way === "join" ? "session.join.lead" : "session.firstLead")}</p>
      {way === "join" ? <JoinForm onJoined={setJoined} autoFocus={!chosen} /> : <FirstClerk />}
    </Gate>
  );
}

function FirstClerk({ autoFocus }: { autoFocus?: boolean }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [draft, setDraft] = useState<FirstClerkDraft>({ givenName: "", surname: "", password: "", passwordAgain: "" });
  const [attempt, setAttempt] = useState(0);
  const create = useMutation({
    mutationFn: () => host.call("session_create_first_clerk", { draft }),
    onSuccess: (session) => client.setQueryData(keys.session, session),
    onSettled: () => setAttempt((count) => count + 1),
  });
  const submit = () => {
    if (!create.isPending) create.mutate();
  };
  useKeys({ "Ctrl+Enter": submit });
  const field = (name: keyof FirstClerkDraft) => ({
    name,
    label: t(`session.${name}`),
    value: draft[name],
    onChange: (value: string) => setDraft((before) => ({ ...before, [name]: value })),
    error: errorAt(t, create.error, name),
  });
  const wrong = create.error?.fields ?? [];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter moves on within the fields of this form
    <div className={styles.form} onKeyDown={enterMovesOn}>
      <ErrorSummary
        title={t("session.wrongFields")}
        attempt={attempt}
        lines={wrong.map((error) => ({
          field: error.field,
          label: t(`session.${fields.find((name) => name === error.field) ?? "password"}`),
          text: fieldText(t, error),
        }))}
        goTo={(name) => document.querySelector<HTMLElement>(`[data-testid="${name}"]`)?.focus()}
      />
      {create.error !== null && wrong.length === 0 && (
        <p className={styles.error} role="alert">
          {failureText(t, create.error)}
        </p>
      )}
      <div className={styles.two}>
        <Field {...field("givenName")} autoFocus={autoFocus} />
        <Field {...field("surname")} />
      </div>
      <Field {...field("password")} type="password" hint={t("session.passwordHint")} />
      <Field {...field("passwordAgain")} type="password" />
      <div className={styles.actions}>
        <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="create-clerk">
          {t("session.create")}
        </Button>
      </div>
    </div>
  );
}
