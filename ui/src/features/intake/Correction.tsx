/** Correcting a registered letter: the same form with a reason; the earlier text stays in the history. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { ErrorSummary } from "../../components/ErrorSummary";
import { useOnChange } from "../../components/effects";
import { Field } from "../../components/Field";
import { enterMovesOn } from "../../components/flow";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { keys, queries } from "../../host/queries";
import type { CorrectionDraft, LetterDraft, LetterId } from "../../host/types";
import { errorAt, failureText, fieldText } from "../../i18n/failures";
import { useLetterForm } from "./form";
import { LetterFields } from "./LetterFields";
import styles from "./LetterFields.module.css";
import { SenderDetails } from "./SenderDetails";

const prefix = "correct.";

type Props = {
  id: LetterId;
  /** What was typed before the clerk left the form. */
  kept: CorrectionDraft | null;
  onKeep: (kept: CorrectionDraft) => void;
  onDone: () => void;
  onBack: () => void;
};

export function Correction(props: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const { data, error } = useQuery({ ...queries.draftOf(host, props.id), enabled: props.kept === null });
  const draft = props.kept?.draft ?? data;
  if (draft === undefined) {
    return (
      <Screen title={t("letter.correct")} testId="correction">
        {error !== null && <Notice kind="bad" title={failureText(t, error)} />}
      </Screen>
    );
  }
  return <Form {...props} draft={draft} />;
}

function Form({ id, draft, kept, onKeep, onDone, onBack }: Props & { draft: LetterDraft }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const box = useRef<HTMLDivElement>(null);
  const [reason, setReason] = useState(kept?.reason ?? "");
  const form = useLetterForm(draft, (changed) => onKeep({ draft: changed, reason }), prefix);
  const letter = useQuery(queries.letter(host, id));
  const save = useMutation({
    mutationFn: () => host.call("letters_correct", { draft: { draft: form.store.get(), reason } }),
    onSuccess: (changed) => {
      client.setQueryData([...keys.letter, id], changed);
      onDone();
    },
    onError: (failure) => form.judged(failure),
  });
  const submit = () => {
    if (save.isPending) return;
    const confirms = form.wrong.some((error) => error.code === "future_date_unconfirmed");
    if (confirms) form.store.set({ ...form.store.get(), futureDateConfirmed: true });
    save.mutate();
  };
  const focusField = (field: string) => {
    const element = box.current?.querySelector<HTMLElement>(`[data-testid="${prefix}${field}"]`);
    const input = element?.matches("input, textarea") ? element : element?.querySelector<HTMLElement>("input");
    (input ?? element)?.focus();
  };
  useOnChange(form.attempt, () => {
    const [only, ...others] = form.wrong;
    if (only !== undefined && others.length === 0) focusField(only.field);
  });
  useKeys({
    "Ctrl+Enter": submit,
    F3: () =>
      form.toggle(document.activeElement?.closest(`[data-testid="${prefix}new-sender"]`) === null ? "more" : "address"),
    Escape: onBack,
  });
  const failure = save.error !== null && save.error.fields.length === 0 ? save.error : null;
  return (
    <Screen
      testId="correction"
      title={t("letter.correctTitle", { number: letter.data?.number ?? "" })}
      aside={t("letter.correctLead")}
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="correct-save">
            {t("letter.save")}
          </Button>
          <Button kbd="Esc" onPress={onBack}>
            {t("letter.back")}
          </Button>
        </>
      }
    >
      {failure !== null && <Notice kind="bad" title={failureText(t, failure)} live />}
      {form.wrong.length > 1 && (
        <ErrorSummary
          title={t("intake.wrongFields", { count: form.wrong.length })}
          attempt={form.attempt}
          lines={form.wrong.map((error) => ({
            field: error.field,
            label: error.field === "reason" ? t("letter.reason") : form.labelOf(error.field),
            text: fieldText(t, error),
          }))}
          goTo={focusField}
        />
      )}
      <Card>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: Enter moves on within the fields of this form */}
        <div className={styles.form} ref={box} onKeyDown={enterMovesOn}>
          <Field
            name="reason"
            testId={`${prefix}reason`}
            label={t("letter.reason")}
            value={reason}
            onChange={(text) => {
              setReason(text);
              onKeep({ draft: form.store.get(), reason: text });
            }}
            error={form.errorOf("reason") ?? errorAt(t, failure, "reason")}
            autoFocus
          />
          <SenderDetails form={form} />
          <LetterFields form={form} />
        </div>
      </Card>
    </Screen>
  );
}
