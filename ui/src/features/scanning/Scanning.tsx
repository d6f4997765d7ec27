/** Scanning: pages appear as they arrive, labels name the letters, the clerk answers what is unclear and closes. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { useOnChange } from "../../components/effects";
import { say } from "../../components/Live";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { useKeys } from "../../components/useKeys";
import { type CommandFailed, useHost } from "../../host/host";
import { keys, queries } from "../../host/queries";
import type { BatchClosed, BatchView, GroupDecision, LetterId, PageId } from "../../host/types";
import { failureText } from "../../i18n/failures";
import { GroupRow } from "./GroupRow";
import { Outside } from "./Outside";
import { PageImage } from "./PageImage";
import styles from "./Scanning.module.css";
import { Side } from "./Side";
import { Uncertain } from "./Uncertain";
import { Zoom } from "./Zoom";

type Props = {
  start: () => void;
  starting: boolean;
  startFailure: CommandFailed | null;
  onOpen: (id: LetterId) => void;
  onSettings: () => void;
};

export function Scanning({ start, starting, startFailure, onOpen, onSettings }: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const { data: batch, error } = useQuery(queries.batch(host));
  const [closed, setClosed] = useState<BatchClosed | null>(null);
  const failure = error ?? startFailure;
  const fault = failure !== null && (
    <div role="alert" data-testid="scan-failure">
      <Notice kind="bad" title={failureText(t, failure)}>
        {failure.code === "device_not_configured" && (
          <div>
            <Button kbd="Ctrl+4" onPress={onSettings}>
              {t("shell.settings")}
            </Button>
          </div>
        )}
      </Notice>
    </div>
  );
  if (batch !== null && batch !== undefined) {
    return <Batch batch={batch} fault={fault} start={start} starting={starting} onClosed={setClosed} />;
  }
  return <NoBatch fault={fault} start={start} closed={closed} onOpen={onOpen} ready={batch === null} />;
}

function NoBatch(props: {
  fault: React.ReactNode;
  start: () => void;
  closed: BatchClosed | null;
  onOpen: (id: LetterId) => void;
  ready: boolean;
}) {
  const { fault, start, closed, onOpen, ready } = props;
  const { t } = useTranslation();
  useKeys({ "Ctrl+Enter": start });
  return (
    <Screen
      testId="scanning"
      title={t("scanning.title")}
      actions={
        <Button kind="main" kbd="F6" onPress={start} testId="scan">
          {t("scanning.start")}
        </Button>
      }
    >
      {fault}
      {closed !== null && (
        <Notice
          kind="ok"
          live
          testId="batch-closed"
          title={
            closed.attached.length === 0
              ? t("scanning.closedNone")
              : t("scanning.closed", { count: closed.attached.length })
          }
        >
          <ul className={styles.attached}>
            {closed.attached.map((letter) => (
              <li key={letter.id}>
                <button type="button" className={styles.link} onClick={() => onOpen(letter.id)}>
                  {letter.number}
                </button>{" "}
                {letter.sender === "" ? t("scanning.noSender") : letter.sender}, {letter.title}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {ready && (
        <Card>
          <section className={styles.empty} tabIndex={0} data-first aria-label={t("scanning.title")}>
            <h2>{t("scanning.emptyTitle")}</h2>
            <p>{t("scanning.emptyLead")}</p>
          </section>
        </Card>
      )}
    </Screen>
  );
}

function Batch(props: {
  batch: BatchView;
  fault: React.ReactNode;
  start: () => void;
  starting: boolean;
  onClosed: (closed: BatchClosed) => void;
}) {
  const { batch, fault, start, starting, onClosed } = props;
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const box = useRef<HTMLDivElement>(null);
  const [zoomed, setZoomed] = useState<PageId | null>(null);
  const [assigning, setAssigning] = useState<number | null>(null);
  const [discarding, setDiscarding] = useState(false);
  const batchId = batch.id;
  const questions = batch.groups.filter((group) => group.question !== null).length;
  const scanningNow = batch.state.state === "scanning";

  const show = (view: BatchView) => client.setQueryData(keys.batch, view);
  const settle = () =>
    requestAnimationFrame(() => {
      const next = box.current?.querySelector<HTMLElement>("[data-question]") ?? box.current;
      if (box.current?.contains(document.activeElement) !== true) next?.focus();
    });
  const decide = useMutation({
    mutationFn: (given: { group: number; decision: GroupDecision }) =>
      host.call("scanning_decide", { batchId, ...given }),
    onSuccess: (view) => {
      setAssigning(null);
      show(view);
      settle();
    },
  });
  const undo = useMutation({ mutationFn: () => host.call("scanning_undo", { batchId }), onSuccess: show });
  const accept = useMutation({
    mutationFn: () => host.call("scanning_accept_incomplete", { batchId }),
    onSuccess: (view) => {
      show(view);
      settle();
    },
  });
  const stop = useMutation({ mutationFn: () => host.call("scanning_stop"), onSuccess: show });
  const close = useMutation({
    mutationFn: () => host.call("scanning_close", { batchId }),
    onSuccess: (closed) => {
      client.setQueryData(keys.batch, null);
      onClosed(closed);
    },
  });
  const discard = useMutation({
    mutationFn: () => host.call("scanning_discard", { batchId }),
    onSuccess: () => client.setQueryData(keys.batch, null),
  });
  useOnChange(batch.state.state, (state) => {
    if (state === "complete") say(t("scanning.complete"));
    if (state === "uncertain") say(t("scanning.uncertainTitle"));
  });

  const focusedGroup = (): number => {
    const row = document.activeElement?.closest<HTMLElement>("[data-group]");
    const index = Number(row?.dataset.group ?? -1);
    return batch.groups[index]?.question != null ? index : batch.groups.findIndex((group) => group.question !== null);
  };
  const answer = (decision: GroupDecision) => {
    const group = focusedGroup();
    if (group >= 0 && !decide.isPending) decide.mutate({ group, decision });
  };
  const submit = () => {
    if (batch.canClose && !close.isPending) close.mutate();
    else box.current?.querySelector<HTMLElement>("[data-question]")?.focus();
  };
  const grouped = new Set(batch.groups.flatMap((group) => group.pages));
  const outside = batch.pages.filter((page) => !grouped.has(page.id));
  const uncertain = batch.state.state === "uncertain" ? batch.state : null;
  useKeys({
    P: questions > 0 ? () => answer({ decision: "join_previous" }) : undefined,
    O: questions > 0 ? () => answer({ decision: "set_aside" }) : undefined,
    W: questions > 0 ? () => setAssigning(focusedGroup()) : undefined,
    T: uncertain !== null ? () => accept.mutate() : undefined,
    S: scanningNow ? () => stop.mutate() : undefined,
    "Ctrl+Z": (event) => (event.target instanceof HTMLInputElement ? false : undo.mutate()),
    "Ctrl+Enter": submit,
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.target instanceof HTMLInputElement) return;
    const thumbs = [...(box.current?.querySelectorAll<HTMLElement>("[data-page]") ?? [])];
    const at = thumbs.indexOf(document.activeElement as HTMLElement);
    const vertical = event.key === "ArrowDown" || event.key === "ArrowUp";
    let next = at < 0 ? 0 : at + step;
    if (vertical && at >= 0) {
      const row = thumbs[at]?.closest("[data-group]");
      while (thumbs[next] !== undefined && thumbs[next]?.closest("[data-group]") === row) next += step;
    }
    thumbs[Math.min(Math.max(next, 0), thumbs.length - 1)]?.focus();
    event.preventDefault();
  };

  const failure = decide.error ?? undo.error ?? accept.error ?? close.error ?? discard.error ?? stop.error;
  const last = batch.pages.at(-1);
  const started = batch.started.replace(" ", ", ");
  return (
    <Screen
      testId="scanning"
      title={t("scanning.titleBatch", { started })}
      aside={batch.device}
      side={<Side batch={batch} />}
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} isDisabled={!batch.canClose} testId="close-batch">
            {t("scanning.close")}
          </Button>
          {scanningNow ? (
            <Button kbd="S" onPress={() => stop.mutate()} testId="stop">
              {t("scanning.stop")}
            </Button>
          ) : (
            <Button kbd="F6" onPress={start} isDisabled={starting} testId="scan-more">
              {t("scanning.more")}
            </Button>
          )}
          <Button kbd="Ctrl+Z" onPress={() => undo.mutate()} testId="undo">
            {t("scanning.undo")}
          </Button>
          <Button kind="danger" onPress={() => setDiscarding(true)} testId="discard">
            {t("scanning.discard")}
          </Button>
        </>
      }
      foot={questions > 0 ? t("scanning.questions", { count: questions }) : t("scanning.hint")}
    >
      {fault}
      {failure !== null && failure.code !== "not_found" && (
        <div role="alert">
          <Notice kind="bad" title={failureText(t, failure)} />
        </div>
      )}
      {batch.state.state === "failed" && (
        <Notice kind="bad" title={t("scanning.failedTitle")} live testId="batch-failed">
          <p>{t(`errors.${batch.state.why}`, { limit: 0 })}</p>
        </Notice>
      )}
      {uncertain !== null && last !== undefined && (
        <Uncertain
          why={uncertain.why}
          page={last}
          onYes={() => accept.mutate()}
          onMore={start}
          onZoom={() => setZoomed(last.id)}
        />
      )}
      <Card flush className={styles.sheet} label={t("scanning.groups")}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the pages, which are buttons */}
        <div ref={box} tabIndex={-1} data-first onKeyDown={onKeyDown} className={styles.groups} data-testid="groups">
          {batch.groups.map((group, index) => (
            <GroupRow
              key={group.pages[0] ?? index}
              group={group}
              index={index}
              before={batch.groups[index - 1] ?? null}
              pages={batch.pages}
              coming={scanningNow && index === batch.groups.length - 1}
              assigning={assigning === index}
              assignFailure={assigning === index ? decide.error : null}
              onAssign={() => setAssigning(index)}
              onStopAssigning={() => {
                setAssigning(null);
                settle();
              }}
              onDecide={(decision) => decide.mutate({ group: index, decision })}
              onZoom={setZoomed}
            />
          ))}
          {outside.length > 0 && <Outside pages={outside} reading={scanningNow} onZoom={setZoomed} />}
          {batch.groups.length === 0 && <p className={styles.empty}>{t("scanning.scanningNow")}</p>}
        </div>
      </Card>
      {zoomed !== null && (
        <Zoom pages={batch.pages} page={zoomed} onPage={setZoomed} onClose={() => setZoomed(null)} Image={PageImage} />
      )}
      {discarding && (
        <Dialog
          title={t("scanning.discardTitle")}
          onClose={() => setDiscarding(false)}
          keys={{ "Ctrl+Enter": () => discard.mutate() }}
          testId="discard-dialog"
          actions={
            <>
              <Button kind="danger" kbd="Ctrl+Enter" onPress={() => discard.mutate()} testId="discard-yes">
                {t("scanning.discardYes")}
              </Button>
              <Button kbd="Esc" onPress={() => setDiscarding(false)} autoFocus>
                {t("scanning.keep")}
              </Button>
            </>
          }
        >
          <p>{t("scanning.discardLead", { count: batch.pages.length })}</p>
        </Dialog>
      )}
    </Screen>
  );
}
