/** The audit for the data-protection officer: who did and saw what, asked of central, and the signed table of it. */
import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { say } from "../../components/Live";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { AuditDraft, AuditEntryView } from "../../host/types";
import { failureText, fieldText } from "../../i18n/failures";
import styles from "./Audit.module.css";
import { whatOf } from "./what";

type Typed = { from: string; to: string; letter: string; clerk: string };
const nothing: Typed = { from: "", to: "", letter: "", clerk: "" };

export function Audit({ onBack }: { onBack: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const listId = useId();
  const [typed, setTyped] = useState(nothing);
  const [asked, setAsked] = useState<AuditDraft>({ ...nothing, clerk: null, after: null });
  const [unknown, setUnknown] = useState(false);
  const found = useInfiniteQuery({ ...queries.audit(host, asked), placeholderData: keepPreviousData });
  const save = useMutation({
    mutationFn: (draft: AuditDraft) => host.call("audit_export", { draft }),
    onSuccess: (saved) => say(t(saved ? "audit.saved" : "audit.notSaved")),
  });
  const [first] = found.data?.pages ?? [];
  const entries = found.data?.pages.flatMap((page) => page.entries) ?? [];
  const clerks = first?.clerks ?? [];
  const wrong = found.error ?? save.error;
  const fieldError = (field: string) => {
    if (field === "clerk" && unknown) return t("audit.clerkUnknown");
    const error = wrong?.fields.find((one) => one.field === field);
    return error === undefined ? undefined : fieldText(t, error);
  };
  const failure = wrong !== null && wrong.fields.length === 0 ? failureText(t, wrong) : null;

  const set = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }));
  const draft = (): AuditDraft | null => {
    const name = typed.clerk.trim().toLocaleLowerCase();
    const clerk = clerks.find((one) => one.name.toLocaleLowerCase() === name);
    setUnknown(name !== "" && clerk === undefined);
    if (name !== "" && clerk === undefined) return null;
    return { from: typed.from, to: typed.to, letter: typed.letter, clerk: clerk?.id ?? null, after: null };
  };
  const ask = () => {
    const next = draft();
    if (next === null) return;
    save.reset();
    if (JSON.stringify(next) === JSON.stringify(asked)) void found.refetch();
    else setAsked(next);
  };
  const exportAll = () => {
    const next = draft();
    if (next !== null && !save.isPending) save.mutate(next);
  };
  useKeys({ "Ctrl+Enter": ask, "Ctrl+S": exportAll });

  return (
    <Screen
      testId="audit"
      title={t("audit.title")}
      aside={first !== undefined && <span data-testid="audit-head">{t("audit.head", { n: first.head })}</span>}
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={ask} testId="audit-ask">
            {t("audit.ask")}
          </Button>
          <Button kbd="Ctrl+S" onPress={exportAll} testId="audit-save">
            {t("audit.save")}
          </Button>
          <Button kbd="Esc" onPress={onBack}>
            {t("audit.back")}
          </Button>
        </>
      }
      foot={save.data === undefined ? undefined : t(save.data ? "audit.saved" : "audit.notSaved")}
    >
      <form
        className={styles.question}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          ask();
        }}
      >
        <Field
          label={t("audit.from")}
          name="from"
          value={typed.from}
          onChange={(from) => set({ from })}
          error={fieldError("from")}
          hint={first === undefined ? undefined : t("audit.shown", { day: first.from })}
          autoFocus
          testId="audit-from"
        />
        <Field
          label={t("audit.to")}
          name="to"
          value={typed.to}
          onChange={(to) => set({ to })}
          error={fieldError("to")}
          hint={first === undefined ? undefined : t("audit.shown", { day: first.to })}
          testId="audit-to"
        />
        <Field
          label={t("audit.letter")}
          name="letter"
          value={typed.letter}
          onChange={(letter) => set({ letter })}
          error={fieldError("letter")}
          hint={t("audit.letterHint")}
          mono
          testId="audit-letter"
        />
        <Field
          label={t("audit.clerk")}
          name="clerk"
          value={typed.clerk}
          onChange={(clerk) => set({ clerk })}
          error={fieldError("clerk")}
          hint={t("audit.clerkHint")}
          list={clerks.map((clerk) => clerk.name)}
          testId="audit-clerk"
        />
        <button type="submit" hidden />
      </form>
      {failure !== null && <Notice kind="bad" title={failure} />}
      <section className={styles.sheet} tabIndex={0} aria-labelledby={listId} data-testid="audit-list">
        <table className={styles.table}>
          <caption id={listId} className={styles.caption}>
            {t("audit.list")}
          </caption>
          <thead>
            <tr>
              <th scope="col">{t("audit.when")}</th>
              <th scope="col">{t("audit.who")}</th>
              <th scope="col">{t("audit.what")}</th>
              <th scope="col">{t("audit.letters")}</th>
              <th scope="col">{t("audit.where")}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: entries are only ever added at the end
              <Row key={index} entry={entry} />
            ))}
          </tbody>
        </table>
        {entries.length === 0 && found.data !== undefined && (
          <p className={styles.nothing} role="status">
            {t("audit.nothing")}
          </p>
        )}
        {found.hasNextPage && (
          <div className={styles.more}>
            <Button
              onPress={() => void found.fetchNextPage()}
              isDisabled={found.isFetchingNextPage}
              testId="audit-more"
            >
              {t("audit.more")}
            </Button>
          </div>
        )}
      </section>
    </Screen>
  );
}

function Row({ entry }: { entry: AuditEntryView }) {
  const { t } = useTranslation();
  return (
    <tr data-testid="audit-entry" data-what={entry.what}>
      <td>
        {entry.at}
        {entry.toldAt !== null && <span className={styles.second}>{t("audit.toldAt", { at: entry.toldAt })}</span>}
      </td>
      <td>{entry.by !== "" ? entry.by : t(entry.desk === null ? "audit.administrator" : "audit.nobody")}</td>
      <td>
        {whatOf(t, entry.what)}
        {entry.reason !== null && <span className={styles.warn}>{t("audit.reason")}</span>}
      </td>
      <td className={styles.marks}>
        {entry.letters.map((letter) => (
          <span key={letter}>{letter}</span>
        ))}
        {entry.further > 0 && <span className={styles.second}>{t("audit.further", { count: entry.further })}</span>}
      </td>
      <td>{entry.desk === null ? t("audit.central") : entry.desk === "" ? t("audit.noSymbol") : entry.desk}</td>
    </tr>
  );
}
