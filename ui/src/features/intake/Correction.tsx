/** Correcting a registered letter: the same form with a reason; the earlier text stays in the history. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { ErrorSummary } from "../../components/ErrorSummary";
import { useOnChange, useOnLeave } from "../../components/effects";
import { Field } from "../../components/Field";
import { enterMovesOn } from "../../components/flow";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { useKeys } from "../../components/useKeys";
import { keepersOf } from "../../host/draftKeeper";
import { useHost } from "../../host/host";
import { keys, queries } from "../../host/queries";
import type { CorrectionDraft, CorrectionView, LetterId } from "../../host/types";
import { errorAt, failureText, fieldText } from "../../i18n/failures";
import { keptWords, useLetterForm } from "./form";
import { LetterFields } from "./LetterFields";
import styles from "./LetterFields.module.css";
import { SenderDetails } from "./SenderDetails";

const prefix = "correct.";

type Props = { id: LetterId; onDone: () => void; onBack: () => void };

export function Correction(props: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const { data, error } = useQuery(queries.draftOf(host, props.id));
  if (data === undefined) {
    return (
      <Screen title={t("letter.correct")} testId="correction">
        {error !== null && <Notice kind="bad" title={failureText(t, error)} />}
      </Screen>
    );
  }
  return <Form {...props} view={data} />;
}

function Form({ id, view, onDone, onBack }: Props & { view: CorrectionView }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const keeper = keepersOf(host).correctionOf(id);
  const box = useRef<HTMLDivElement>(null);
  const [reason, setReason] = useState(view.reason);
  const [basedOn, setBasedOn] = useState(view.basedOn);
  const [asking, setAsking] = useState(false);
  const saving = useRef(false);
  const [touched, setTouched] = useState(view.unfinished);
  const kept = useSyncExternalStore(keeper.subscribe, keeper.state);
  const { queryKey } = queries.draftOf(host, id);
  const keep = (draft: CorrectionDraft) => {
    // While it is being saved nothing more is kept: it would come back as unfinished.
    if (saving.current) return;
    setTouched(true);
    keeper.keep(draft);
    // Whoever comes back sooner than the desk answers finds it as she left it.
    client.setQueryData(queryKey, (before) => before && { ...before, ...draft, basedOn, unfinished: true });
  };
  const form = useLetterForm(view.draft, (draft) => keep({ basedOn, draft, reason }), prefix);
  useOnLeave(() => void keeper.flush());
  const letter = useQuery(queries.letter(host, id));
  const save = useMutation({
    mutationFn: async () => {
      saving.current = true;
      await keeper.forget();
      return host.call("letters_correct", { draft: { basedOn, draft: form.store.get(), reason } });
    },
    onSuccess: (changed) => {
      client.setQueryData([...keys.letter, id], changed);
      client.removeQueries({ queryKey });
      onDone();
    },
    onError: (failure) => {
      saving.current = false;
      keeper.keep({ basedOn, draft: form.store.get(), reason });
      form.judged(failure);
    },
  });
  const anew = useMutation({
    mutationFn: async () => {
      await keeper.forget();
      return host.call("letters_discard_correction", { id });
    },
    onSuccess: (fresh) => {
      client.setQueryData(queryKey, fresh);
      setAsking(false);
      form.replace(fresh.draft);
      setReason(fresh.reason);
      setBasedOn(fresh.basedOn);
      setTouched(false);
      save.reset();
      focusField("reason");
    },
  });
  const beginAnew = () => {
    if (!anew.isPending) anew.mutate();
  };
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
    "Ctrl+Delete": () => setAsking(touched),
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
          {touched && (
            <Button kbd="Ctrl+Delete" onPress={() => setAsking(true)} testId="correct-anew">
              {t("letter.correctAnew")}
            </Button>
          )}
          <Button kbd="Esc" onPress={onBack}>
            {t("letter.back")}
          </Button>
        </>
      }
      foot={
        touched && (
          <span data-testid="correct-state" data-state={kept}>
            {t(`intake.${keptWords[kept]}`)}
          </span>
        )
      }
    >
      {(view.overtaken || view.basedOn !== basedOn) && <Notice kind="calm" title={t("letter.correctOvertaken")} />}
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
              keep({ basedOn, draft: form.store.get(), reason: text });
            }}
            error={form.errorOf("reason") ?? errorAt(t, failure, "reason")}
            autoFocus
          />
          <SenderDetails form={form} />
          <LetterFields form={form} />
        </div>
      </Card>
      {asking && (
        <Dialog
          title={t("letter.correctAnewTitle")}
          onClose={() => setAsking(false)}
          keys={{ "Ctrl+Enter": beginAnew }}
          testId="correct-anew-dialog"
          actions={
            <>
              <Button kind="danger" kbd="Ctrl+Enter" onPress={beginAnew} testId="correct-anew-yes">
                {t("letter.correctAnew")}
              </Button>
              <Button kbd="Esc" onPress={() => setAsking(false)} autoFocus>
                {t("intake.keep")}
              </Button>
            </>
          }
        >
          <p>{t("letter.correctAnewLead")}</p>
        </Dialog>
      )}
    </Screen>
  );
}
