/** Receiving a letter: one screen, one form, one key that registers. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { ErrorSummary } from "../../components/ErrorSummary";
import { useOnChange, useOnLeave } from "../../components/effects";
import { enterMovesOn } from "../../components/flow";
import { Kbd } from "../../components/Kbd";
import { say } from "../../components/Live";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { useKeys } from "../../components/useKeys";
import { keepersOf } from "../../host/draftKeeper";
import { useHost } from "../../host/host";
import { keys, queries } from "../../host/queries";
import type { ClerkView, IntakeView, LetterDraft, LetterId, Registered } from "../../host/types";
import { failureText, fieldText } from "../../i18n/failures";
import { isEmpty, keptWords, useLetterForm } from "./form";
import styles from "./Intake.module.css";
import { LabelCard, type LabelSketch } from "./LabelCard";
import { LabelWords } from "./LabelWords";
import { LetterFields } from "./LetterFields";
import fieldStyles from "./LetterFields.module.css";
import { hasDetails, proposeSender, senderName } from "./names";
import { Questions } from "./Questions";
import { Recent } from "./Recent";
import { SenderDetails } from "./SenderDetails";
import { SenderSearch } from "./SenderSearch";

type Paper = { letterId: LetterId; number: string };
type Props = {
  clerk: ClerkView;
  onSlip: (paper: Paper) => void;
  onReprint: (paper: Paper) => void;
  onOpen: (id: LetterId) => void;
  onSettings: () => void;
  onHeldFile: () => void;
  onAnswered: () => void;
};

export function Intake(props: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const { data, error } = useQuery(queries.intake(host));
  if (data === undefined) {
    return (
      <Screen title={t("intake.title")} testId="intake">
        {error !== null && <Notice kind="bad" title={failureText(t, error)} />}
      </Screen>
    );
  }
  return <Desk {...props} view={data} />;
}

function Desk(props: Props & { view: IntakeView }) {
  const { clerk, view, onSlip, onReprint, onOpen, onSettings, onHeldFile, onAnswered } = props;
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const keeper = keepersOf(host).letter;
  const kept = useSyncExternalStore(keeper.subscribe, keeper.state);
  const form = useLetterForm(view.draft, (draft) => keeper.keep(draft));
  const first = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [last, setLast] = useState<Registered | null>(null);
  const [keepsDelivery, setKeepsDelivery] = useState(false);
  const [newOpen, setNewOpen] = useState(false);
  const [clearing, setClearing] = useState(false);
  const [stale, setStale] = useState(false);
  useOnLeave(() => void keeper.flush());

  const { draft } = form;
  const untouched = isEmpty(draft);
  const detailsShown =
    newOpen || (draft.sender.partyId === null && draft.sender.typed.trim() !== "-" && hasDetails(draft.sender));

  const begin = (next: LetterDraft) => {
    form.replace(next);
    setNewOpen(false);
    first.current?.focus();
  };
  const register = useMutation({
    mutationFn: async (typed: LetterDraft) => {
      await keeper.forget();
      // An id is used for one letter only: without a fresh form the next letter gets its own first.
      const id = stale ? (await host.call("intake_open")).draft.id : typed.id;
      const registered = await host.call("intake_register", { draft: { ...typed, id } });
      const next = await host.call("intake_open").catch(() => null);
      return { registered, next };
    },
    onSuccess: ({ registered, next }, typed) => {
      setLast(registered);
      setStale(next === null);
      if (next !== null) client.setQueryData(keys.intake, next);
      const empty = next?.draft ?? { ...view.draft, id: typed.id };
      begin(keepsDelivery ? { ...empty, delivery: typed.delivery } : empty);
      say(t("intake.registeredSay", { number: registered.number }));
    },
    onError: (failure, typed) => {
      keeper.keep(typed);
      form.judged(failure);
      if (failure.fields.some((error) => /^sender\.(surname|name|town)$/.test(error.field))) setNewOpen(true);
    },
  });
  const clear = useMutation({
    mutationFn: async () => {
      await keeper.forget();
      return host.call("intake_discard_draft");
    },
    onSuccess: (next) => {
      client.setQueryData(keys.intake, next);
      setClearing(false);
      register.reset();
      begin(next.draft);
    },
  });

  const submit = () => {
    if (register.isPending) return;
    const confirms = form.wrong.some((error) => error.code === "future_date_unconfirmed");
    if (confirms) form.store.set({ ...form.store.get(), futureDateConfirmed: true });
    register.mutate(form.store.get());
  };
  const focusField = (field: string) => {
    const wanted = field === "sender.typed" || (field.startsWith("sender.") && !detailsShown) ? "sender" : field;
    const element = box.current?.querySelector<HTMLElement>(`[data-testid="${wanted}"]`);
    const input = element?.matches("input, textarea") ? element : element?.querySelector<HTMLElement>("input");
    (input ?? element)?.focus();
    element?.closest("[data-fold]")?.scrollIntoView({ block: "nearest" });
  };
  useOnChange(form.attempt, () => {
    const [only, ...others] = form.wrong;
    if (only !== undefined && others.length === 0) focusField(only.field);
  });

  const newSender = () => {
    const { sender } = form.store.get();
    const typed = sender.typed.trim() === "-" ? "" : sender.typed;
    if (sender.partyId !== null || !hasDetails(sender) || sender.kind === "unknown") {
      form.changeSender({
        partyId: null,
        typed,
        kind: "person",
        surname: "",
        givenNames: "",
        name: "",
        ...proposeSender(typed),
      });
    }
    // At once, and the focus with it: the next key belongs to the field that is shown now.
    flushSync(() => setNewOpen(true));
    const { kind } = form.store.get().sender;
    const wanted = typed === "" ? (kind === "organisation" ? "sender.name" : "sender.surname") : "sender.town";
    box.current?.querySelector<HTMLElement>(`[data-testid="${wanted}"]`)?.focus();
  };
  const afterSender = () => {
    flushSync(() => setNewOpen(false));
    focusField(detailsShown && draft.sender.partyId === null ? "sender.surname" : "title");
  };
  const toggleFold = () => {
    const inSender = document.activeElement?.closest('[data-testid="new-sender"]') !== null && detailsShown;
    const fold = inSender ? "address" : "more";
    const opening = !form.isOpen(fold);
    flushSync(() => form.toggle(fold));
    const wanted = fold === "address" ? "sender.identifier" : "receivedOn";
    if (opening) focusField(wanted);
    else if (document.activeElement?.closest("[data-fold]") !== null) focusField("title");
  };
  useKeys({
    "Ctrl+Enter": submit,
    "Ctrl+N": newSender,
    "Ctrl+K": () => setKeepsDelivery(!keepsDelivery),
    "Ctrl+Delete": () => setClearing(true),
    F3: toggleFold,
    // Where the list of senders is open, Esc belongs to it; elsewhere the typed form is saved and stays.
    Escape: (event) =>
      event.target instanceof Element && event.target.getAttribute("aria-expanded") === "true" ? false : undefined,
  });

  const lastLabel = last === null ? null : (view.recent.find((letter) => letter.id === last.id)?.label ?? null);
  const sketch: LabelSketch | null =
    last !== null && untouched
      ? { ...last.label, copy: lastLabel?.copy ?? 0 }
      : view.nextNumber === null
        ? null
        : {
            office: "",
            number: view.nextNumber,
            identifier: null,
            received: view.officeDay.split("-").toReversed().join("."),
            attachments: Number.parseInt(draft.attachments, 10) || 0,
            clerk: clerk.mark,
            copy: 0,
          };
  const failure = register.error !== null && register.error.fields.length === 0 ? register.error : null;
  const savedWords = untouched ? "draftEmpty" : keptWords[kept];

  return (
    <Screen
      testId="intake"
      title={t("intake.title")}
      aside={
        view.nextNumber !== null && (
          <>
            {t("intake.nextNumber")}{" "}
            <strong className={styles.next} data-testid="next-number">
              {view.nextNumber}
            </strong>
          </>
        )
      }
      side={
        <>
          {sketch !== null && <OfficeLabel sketch={sketch} next={!(last !== null && untouched)} />}
          <Recent letters={view.recent} fresh={last?.id ?? null} onOpen={onOpen} onAnswered={onAnswered} />
        </>
      }
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="register">
            {t(register.isPending ? "intake.registering" : "intake.register")}
          </Button>
          <Button
            kbd="F9"
            onPress={() => {
              const [newest] = view.recent;
              if (newest !== undefined) onReprint({ letterId: newest.id, number: newest.number });
            }}
            testId="repeat-label"
          >
            {t("intake.repeatLabel")}
          </Button>
          {!untouched && (
            <Button kbd="Ctrl+Delete" onPress={() => setClearing(true)} testId="clear">
              {t("intake.clear")}
            </Button>
          )}
        </>
      }
      foot={
        <span data-testid="draft-state" data-state={kept}>
          {t(`intake.${savedWords}`)}
        </span>
      }
    >
      <Questions view={view} onSettings={onSettings} onHeldFile={onHeldFile} />
      {last !== null && (
        <section className={styles.registered} aria-label={t("intake.registered")} data-testid="registered">
          <div>
            <span className={styles.done}>{t("intake.registered")}</span>
            <strong className={styles.hero} data-testid="registered-number">
              {last.number}
            </strong>
          </div>
          <div className={styles.after}>
            {lastLabel !== null && <LabelWords label={lastLabel} />}
            {lastLabel?.state.state === "blocked" && (
              <Button kind="quiet" onPress={() => void host.call("labels_retry")} testId="retry-printer">
                {t("intake.retryPrinter")}
              </Button>
            )}
            <button
              type="button"
              className={styles.link}
              onClick={() => onSlip({ letterId: last.id, number: last.number })}
              data-testid="slip"
            >
              {t("intake.slip")} <Kbd>Ctrl+D</Kbd>
            </button>
          </div>
        </section>
      )}
      {failure !== null && (
        <div role="alert" data-testid="failure">
          <Notice kind="bad" title={failureText(t, failure)} />
        </div>
      )}
      {form.wrong.length > 1 && (
        <ErrorSummary
          title={t("intake.wrongFields", { count: form.wrong.length })}
          attempt={form.attempt}
          lines={form.wrong.map((error) => ({
            field: error.field,
            label: form.labelOf(error.field),
            text: fieldText(t, error),
          }))}
          goTo={focusField}
        />
      )}
      <Card className={styles.sheet}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: Enter moves on within the fields of this form */}
        <div className={fieldStyles.form} ref={box} onKeyDown={enterMovesOn}>
          <SenderSearch form={form} input={first} onNew={newSender} onTaken={afterSender} detailsShown={detailsShown} />
          {draft.sender.partyId !== null && !detailsShown && (
            <p className={styles.chosen} data-testid="chosen-sender">
              <strong>{senderName(draft.sender)}</strong>{" "}
              {[draft.sender.town, [draft.sender.street, draft.sender.building].join(" ").trim()]
                .filter((part) => part !== "")
                .join(", ")}{" "}
              · {t("intake.chosen")}
            </p>
          )}
          {detailsShown && <SenderDetails form={form} />}
          <LetterFields
            form={form}
            officeDay={view.officeDay}
            kept={keepsDelivery}
            onKeep={() => setKeepsDelivery(!keepsDelivery)}
          />
        </div>
      </Card>
      {clearing && (
        <Dialog
          title={t("intake.clearTitle")}
          onClose={() => setClearing(false)}
          keys={{ "Ctrl+Enter": () => clear.mutate() }}
          testId="clear-dialog"
          actions={
            <>
              <Button kind="danger" kbd="Ctrl+Enter" onPress={() => clear.mutate()} testId="clear-yes">
                {t("intake.clearYes")}
              </Button>
              <Button kbd="Esc" onPress={() => setClearing(false)} autoFocus>
                {t("intake.keep")}
              </Button>
            </>
          }
        >
          <p>{t("intake.clearLead")}</p>
        </Dialog>
      )}
    </Screen>
  );
}

function OfficeLabel({ sketch, next }: { sketch: LabelSketch; next: boolean }) {
  const host = useHost();
  const { data } = useQuery(queries.settings(host));
  const office = sketch.office === "" ? (data?.settings.officeName ?? "") : sketch.office;
  return <LabelCard sketch={{ ...sketch, office }} next={next} />;
}
