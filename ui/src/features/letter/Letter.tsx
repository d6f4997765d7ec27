/** One letter with everything around it: facts, pages, label and slip, stage, history. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Choice } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { useFocusWhen } from "../../components/effects";
import { Field } from "../../components/Field";
import { day } from "../../components/format";
import { Notice } from "../../components/Notice";
import { PdfPages } from "../../components/PdfPages";
import { Screen } from "../../components/Screen";
import { SuggestField } from "../../components/SuggestField";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { keys, queries } from "../../host/queries";
import { type LetterId, type LetterView, type ScanView, stages } from "../../host/types";
import { addresseeSuggestions } from "../../i18n/addressees";
import { errorAt, failureText } from "../../i18n/failures";
import { History } from "./History";
import { LabelList } from "./LabelList";
import styles from "./Letter.module.css";

type Paper = { letterId: LetterId; number: string };
type Props = {
  id: LetterId;
  onSlip: (paper: Paper) => void;
  onReprint: (paper: Paper) => void;
  onCorrect: () => void;
  onBack: () => void;
};

export function Letter(props: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const { data, error } = useQuery(queries.letter(host, props.id));
  if (data === undefined) {
    return (
      <Screen title={t("letter.title")} testId="letter">
        {error === null ? <p>{t("letter.loading")}</p> : <Notice kind="bad" title={failureText(t, error)} />}
      </Screen>
    );
  }
  return <Open {...props} view={data} />;
}

function Open({ view, id, onSlip, onReprint, onCorrect, onBack }: Props & { view: LetterView }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<"cancel" | "stage" | "key" | null>(null);
  const heading = useFocusWhen<HTMLElement>(id);
  const paper = { letterId: id, number: view.number };
  const standing = view.cancelled === null && !view.erased;
  const ours = standing && view.registeredHere;
  useKeys({
    P: standing ? onCorrect : undefined,
    E: standing ? () => setAsking("stage") : undefined,
    A: ours ? () => setAsking("cancel") : undefined,
    K: standing ? () => setAsking("key") : undefined,
    "Ctrl+Enter": standing ? () => setAsking("stage") : undefined,
    Escape: onBack,
  });
  return (
    <Screen
      testId="letter"
      title={t("letter.title")}
      aside={
        <strong className={styles.hero} data-testid="letter-number">
          {view.number}
        </strong>
      }
      side={
        <>
          <Card title={t("letter.labels")}>
            <div className={styles.stack}>
              {!view.erased && (
                <Button kbd="Ctrl+D" onPress={() => onSlip(paper)} testId="letter-slip">
                  {t("letter.slip")}
                </Button>
              )}
              {standing && view.statusKey === null && (
                <Button kbd="K" onPress={() => setAsking("key")} testId="new-key">
                  {t("letter.newKey")}
                </Button>
              )}
              {!view.erased && (
                <Button kbd="F9" onPress={() => onReprint(paper)} testId="letter-repeat-label">
                  {t("letter.repeatLabel")}
                </Button>
              )}
              {standing && !view.registeredHere && (
                <p className={styles.soft} data-testid="letter-elsewhere">
                  {t("letter.elsewhere")}
                </p>
              )}
              <LabelList labels={view.labels} onAnswered={() => heading.current?.focus()} />
            </div>
          </Card>
          <Card title={t("letter.stage")}>
            <div className={styles.stack}>
              <p data-testid="letter-stage">
                <strong>{t(`register.stages.${view.stage}`)}</strong>{" "}
                <span className={styles.soft}>{t("letter.stageSince", { day: day(view.stageChangedOn) })}</span>
                <br />
                {view.unit ?? t("letter.unitNone")}
              </p>
              {standing && (
                <Button kbd="E" onPress={() => setAsking("stage")} testId="change-stage">
                  {t("letter.changeStage")}
                </Button>
              )}
              {view.tasks > 0 && (
                <p className={styles.soft} data-testid="letter-tasks">
                  {t("letter.tasks", { count: view.tasks })} (Ctrl+5)
                </p>
              )}
              {!view.synced && (
                <p className={styles.soft} data-testid="unsent">
                  {t("letter.unsent")}
                </p>
              )}
            </div>
          </Card>
          <Card title={t("letter.history")}>
            <History entries={view.history} />
          </Card>
        </>
      }
      actions={
        <>
          <Button kbd="Esc" onPress={onBack} testId="back">
            {t("letter.back")}
          </Button>
          {standing && (
            <>
              <Button kbd="P" onPress={onCorrect} testId="correct">
                {t("letter.correct")}
              </Button>
              {ours && (
                <Button kbd="A" kind="danger" onPress={() => setAsking("cancel")} testId="cancel">
                  {t("letter.cancel")}
                </Button>
              )}
            </>
          )}
        </>
      }
    >
      <section ref={heading} tabIndex={0} aria-label={t("letter.facts")} className={styles.column} data-first>
        {view.erased && (
          <Notice kind="calm" title={t("letter.erasedTitle")} testId="erased">
            <p>{t("letter.erasedLead")}</p>
          </Notice>
        )}
        {view.cancelled !== null && !view.erased && (
          <Notice kind="bad" title={t("letter.cancelledTitle", { at: view.cancelled.at })} testId="cancelled">
            <p>{t("letter.cancelledBy", { by: view.cancelled.by, reason: view.cancelled.reason })}</p>
          </Notice>
        )}
        <Card>{view.erased ? <Remains view={view} /> : <Facts view={view} />}</Card>
        {!view.erased && (
          <Card title={t("letter.scan")} aside={view.scan !== null && <ScanWords scan={view.scan} />}>
            {view.scan === null ? (
              <p className={styles.soft}>{t("letter.noScan")}</p>
            ) : view.scan.here || view.scan.uploaded ? (
              <Scan key={view.scan.id} letterId={id} scan={view.scan} />
            ) : (
              <p className={styles.soft}>{t("letter.scanOnItsWay")}</p>
            )}
          </Card>
        )}
      </section>
      {asking === "cancel" && <CancelDialog view={view} onClose={() => setAsking(null)} />}
      {asking === "key" && <KeyDialog view={view} onClose={() => setAsking(null)} />}
      {asking === "stage" && <StageDialog view={view} onClose={() => setAsking(null)} />}
    </Screen>
  );
}

/** Number and state of a letter whose content was erased. */
function Remains({ view }: { view: LetterView }) {
  const { t } = useTranslation();
  return (
    <dl className={styles.facts}>
      <div>
        <dt>{t("letter.registered")}</dt>
        <dd>{view.registered}</dd>
      </div>
      <div>
        <dt>{t("letter.identifier")}</dt>
        <dd>{view.letter.identifier}</dd>
      </div>
      {view.cancelled !== null && (
        <div>
          <dt>{t("letter.cancelledNumber")}</dt>
          <dd>{view.cancelled.at}</dd>
        </div>
      )}
    </dl>
  );
}

function Facts({ view }: { view: LetterView }) {
  const { t } = useTranslation();
  const { facts } = view.letter;
  const { name, address, identifier } = facts.sender;
  const sender =
    name.kind === "person"
      ? `${name.surname} ${name.givenNames}`.trim()
      : name.kind === "organisation"
        ? name.name
        : t("register.noSender");
  const house = [address.street, [address.building, address.flat].filter(Boolean).join("/")].filter(Boolean).join(" ");
  const where = [house, [address.postcode, address.town].filter(Boolean).join(" "), address.poBox, address.country]
    .filter((part) => part !== null && part !== "" && part !== "Polska")
    .join(", ");
  const lines: [string, string | null][] = [
    [t("letter.address"), where === "" ? t("letter.noData") : where],
    [identifier === null ? "" : t(`intake.kinds.${identifier.kind}`), identifier?.value ?? null],
    [t("letter.letterDate"), facts.letterDate === null ? t("letter.noDate") : day(facts.letterDate)],
    [t("letter.reference"), facts.reference ?? t("letter.noReference")],
    [
      t("letter.receivedOn"),
      facts.earlierReason === null
        ? day(facts.receivedOn)
        : `${day(facts.receivedOn)} (${t("letter.earlier", { reason: facts.earlierReason })})`,
    ],
    [t("letter.registered"), t("letter.registeredBy", { at: view.registered, by: view.letter.registeredBy })],
    [t("letter.delivery"), t(`intake.deliveries.${facts.delivery}`)],
    [t("letter.postedOn"), facts.postedOn === null ? null : day(facts.postedOn)],
    [t("letter.postingNumber"), facts.postingNumber],
    [t("letter.attachments"), String(facts.attachments)],
    [t("letter.kind"), facts.kind],
    [t("letter.access"), t(`intake.accesses.${facts.access}`)],
    [t("letter.remarks"), facts.remarks],
    [t("letter.identifier"), view.letter.identifier],
    [t("letter.statusKey"), view.statusKey ?? t("letter.noStatusKey")],
  ];
  return (
    <>
      <p className={styles.sender} data-testid="letter-sender">
        {sender}
      </p>
      <p className={styles.about} data-testid="letter-title">
        {facts.title}
      </p>
      <dl className={styles.facts}>
        {lines.map(
          ([label, value]) =>
            value !== null && (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  );
}

function ScanWords({ scan }: { scan: ScanView }) {
  const { t } = useTranslation();
  return (
    <span className={styles.soft} data-testid="letter-scan" data-pages={scan.pages}>
      {t("register.pages", { count: scan.pages })} ·{" "}
      {t(!scan.mine ? "letter.elsewhereScan" : scan.uploaded ? "letter.uploaded" : "letter.notUploaded")}
    </span>
  );
}

/** The document itself: the file that is here, or the one that central gives now. */
function Scan({ letterId, scan }: { letterId: LetterId; scan: ScanView }) {
  const { t } = useTranslation();
  const host = useHost();
  const { data, error, isFetching, refetch } = useQuery(queries.document(host, letterId, scan.id));
  const again = error !== null && !scan.here && !isFetching ? () => void refetch() : undefined;
  useKeys({ S: again });
  if (error !== null && !isFetching) {
    return (
      <Notice kind="bad" title={failureText(t, error)} testId="scan-failed">
        {again !== undefined && (
          <div>
            <Button kbd="S" onPress={again} testId="scan-again">
              {t("letter.scanAgain")}
            </Button>
          </div>
        )}
      </Notice>
    );
  }
  if (data === undefined) return <p className={styles.soft}>{t(scan.here ? "letter.loading" : "letter.scanComing")}</p>;
  return (
    <PdfPages
      bytes={data}
      width={300}
      pageName={(place) => t("letter.page", { place })}
      failed={t("letter.pdfFailed")}
    />
  );
}

function CancelDialog({ view, onClose }: { view: LetterView; onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const cancel = useMutation({
    mutationFn: () => host.call("letters_cancel", { draft: { letterId: view.letter.id, reason } }),
    onSuccess: (changed) => {
      client.setQueryData([...keys.letter, view.letter.id], changed);
      onClose();
    },
  });
  const submit = () => {
    if (!cancel.isPending) cancel.mutate();
  };
  const other = cancel.error !== null && cancel.error.fields.length === 0 ? failureText(t, cancel.error) : undefined;
  return (
    <Dialog
      title={t("letter.cancelTitle", { number: view.number })}
      onClose={onClose}
      keys={{ "Ctrl+Enter": submit }}
      testId="cancel-dialog"
      actions={
        <>
          <Button kind="danger" kbd="Ctrl+Enter" onPress={submit} testId="cancel-yes">
            {t("letter.cancelYes")}
          </Button>
          <Button kbd="Esc" onPress={onClose}>
            {t("letter.back")}
          </Button>
        </>
      }
    >
      <p>{t("letter.cancelLead")}</p>
      <Field
        name="reason"
        label={t("letter.cancelReason")}
        value={reason}
        onChange={setReason}
        error={errorAt(t, cancel.error, "reason") ?? other}
        autoFocus
      />
    </Dialog>
  );
}

function KeyDialog({ view, onClose }: { view: LetterView; onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const issue = useMutation({
    mutationFn: () => host.call("slip_issue_key", { letterId: view.letter.id }),
    onSuccess: (changed) => {
      client.setQueryData([...keys.letter, view.letter.id], changed);
      onClose();
    },
  });
  const submit = () => {
    if (!issue.isPending) issue.mutate();
  };
  return (
    <Dialog
      title={t("letter.newKeyTitle", { number: view.number })}
      onClose={onClose}
      keys={{ "Ctrl+Enter": submit }}
      testId="key-dialog"
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="new-key-yes" autoFocus>
            {t("letter.newKeyYes")}
          </Button>
          <Button kbd="Esc" onPress={onClose}>
            {t("letter.back")}
          </Button>
        </>
      }
    >
      <p>{t("letter.newKeyLead")}</p>
      {issue.error !== null && <Notice kind="bad" title={failureText(t, issue.error)} />}
    </Dialog>
  );
}

function StageDialog({ view, onClose }: { view: LetterView; onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [stage, setStage] = useState(view.stage);
  const [unit, setUnit] = useState(view.unit ?? "");
  const addressees = useQuery(queries.addressees(host));
  const save = useMutation({
    mutationFn: () => host.call("letters_set_stage", { draft: { letterId: view.letter.id, stage, unit } }),
    onSuccess: (changed) => {
      client.setQueryData([...keys.letter, view.letter.id], changed);
      onClose();
    },
  });
  const submit = () => {
    if (!save.isPending) save.mutate();
  };
  const other = save.error !== null && save.error.fields.length === 0 ? failureText(t, save.error) : undefined;
  return (
    <Dialog
      title={t("letter.stage")}
      onClose={onClose}
      keys={{ "Ctrl+Enter": submit }}
      wide
      testId="stage-dialog"
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="stage-save">
            {t("letter.saveStage")}
          </Button>
          <Button kbd="Esc" onPress={onClose}>
            {t("letter.back")}
          </Button>
        </>
      }
    >
      <div className={styles.stack}>
        <Choice
          label={t("letter.stageLabel")}
          value={stage}
          options={stages.map((value) => ({ value, label: t(`register.stages.${value}`) }))}
          onChange={setStage}
          testId="stage"
        />
        <SuggestField
          name="stage-unit"
          suggestions={addresseeSuggestions(t, addressees.data)}
          makesRoom
          label={t("letter.addressee")}
          value={unit}
          onChange={setUnit}
          error={errorAt(t, save.error, "unit") ?? other}
          autoFocus
        />
      </div>
    </Dialog>
  );
}
