/** One matter: what happened, both versions where there are two, and what can be done about it. */
import { useState } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Field } from "../../components/Field";
import { Notice } from "../../components/Notice";
import { useKeys } from "../../components/useKeys";
import { type CommandFailed, useHost } from "../../host/host";
import type { FieldChange, LetterId, OverlapView, TaskView } from "../../host/types";
import { errorAt, failureText } from "../../i18n/failures";
import { fieldName, fieldValue } from "../../i18n/fields";
import { leadOf, reasonOf } from "./reason";
import styles from "./Tasks.module.css";

type Settle = (done: () => Promise<null>) => void;
type Props = {
  task: TaskView;
  settle: Settle;
  failure: CommandFailed | null;
  onOpen: (id: LetterId) => void;
};

export function Way({ task, settle, failure, onOpen }: Props) {
  const { t } = useTranslation();
  const { letter } = task;
  const lead = leadOf(t, task);
  const open = letter === null ? undefined : () => onOpen(letter.id);
  useKeys({ O: open });
  return (
    <Card title={reasonOf(t, task)}>
      <div className={styles.stack} data-testid="task-way" data-way={task.way}>
        {letter !== null && (
          <p>
            <span className={styles.number}>{letter.number}</span> {letter.title}
            <br />
            <span className={styles.soft}>{letter.sender}</span>
          </p>
        )}
        {lead !== null && <p>{lead}</p>}
        {task.way === "choose" && task.overlap !== null && (
          <Versions task={task} overlap={task.overlap} settle={settle} failure={failure} />
        )}
        {task.way === "decide" && <Decision task={task} settle={settle} failure={failure} />}
        {task.way === "acknowledge" && <Acknowledge task={task} settle={settle} />}
        {task.way === "administrator" && <p className={styles.soft}>{t("tasks.administrator")}</p>}
        {failure !== null && failure.fields.length === 0 && <Notice kind="bad" title={failureText(t, failure)} live />}
        {open !== undefined && (
          <Button kbd="O" onPress={open} testId="task-open">
            {t("tasks.openLetter")}
          </Button>
        )}
      </div>
    </Card>
  );
}

type VersionsProps = { task: TaskView; overlap: OverlapView; settle: Settle; failure: CommandFailed | null };

function Versions({ task, overlap, settle, failure }: VersionsProps) {
  const { t } = useTranslation();
  const host = useHost();
  const [earlier, setEarlier] = useState<ReadonlySet<string>>(new Set());
  const submit = () => settle(() => host.call("tasks_settle", { draft: { task: task.id, earlier: [...earlier] } }));
  useKeys({ "Ctrl+Enter": submit });
  const pick = (field: string, version: string) =>
    setEarlier((before) => {
      const next = new Set(before);
      if (version === "earlier") next.add(field);
      else next.delete(field);
      return next;
    });
  return (
    <>
      {overlap.changes.map((change) => (
        <OneField
          key={change.field}
          change={change}
          overlap={overlap}
          value={earlier.has(change.field) ? "earlier" : "later"}
          onChange={(version) => pick(change.field, version)}
          error={errorAt(t, failure, change.field)}
        />
      ))}
      <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="task-settle">
        {t(earlier.size === 0 ? "tasks.keepAll" : "tasks.save")}
      </Button>
    </>
  );
}

function OneField(props: {
  change: FieldChange;
  overlap: OverlapView;
  value: "earlier" | "later";
  onChange: (version: string) => void;
  error: string | undefined;
}) {
  const { t } = useTranslation();
  const { change, overlap, value, onChange, error } = props;
  const name = fieldName(t, change.field);
  const by = (who: string) => (who === "" ? t("tasks.nobody") : who);
  const versions = [
    { version: "later", text: change.new, who: t("tasks.later", { by: by(overlap.laterBy) }) },
    { version: "earlier", text: change.old, who: t("tasks.earlier", { by: by(overlap.earlierBy) }) },
  ];
  return (
    <RadioGroup
      className={styles.versions}
      aria-label={t("tasks.choice", { field: name })}
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      data-testid={`version-${change.field}`}
    >
      <span className={styles.field}>{name}</span>
      {versions.map(({ version, text, who }) => (
        <Radio
          key={version}
          value={version}
          className={styles.version}
          data-testid={`version-${change.field}-${version}`}
        >
          <span className={styles.mark} aria-hidden="true" />
          <span className={styles.text}>{fieldValue(t, change.field, text)}</span>
          <span className={styles.soft}>{who}</span>
        </Radio>
      ))}
      {error !== undefined && <span role="alert">{error}</span>}
    </RadioGroup>
  );
}

function Decision({ task, settle, failure }: { task: TaskView; settle: Settle; failure: CommandFailed | null }) {
  const { t } = useTranslation();
  const host = useHost();
  // Empty: who goes through the list by Ctrl+Enter must not cancel a number by the way.
  const [reason, setReason] = useState("");
  const decide = (granted: boolean) =>
    settle(() => host.call("tasks_decide", { draft: { task: task.id, granted, reason } }));
  useKeys({ "Ctrl+Enter": () => decide(true), N: () => decide(false) });
  return (
    <>
      {task.cancellation !== null && <p>{t("tasks.asked", { reason: task.cancellation })}</p>}
      <Field
        name="reason"
        label={t("tasks.decision")}
        value={reason}
        onChange={setReason}
        error={errorAt(t, failure, "reason")}
      />
      <div className={styles.buttons}>
        <Button kind="danger" kbd="Ctrl+Enter" onPress={() => decide(true)} testId="task-grant">
          {t("tasks.grant")}
        </Button>
        <Button kbd="N" onPress={() => decide(false)} testId="task-refuse">
          {t("tasks.refuse")}
        </Button>
      </div>
    </>
  );
}

function Acknowledge({ task, settle }: { task: TaskView; settle: Settle }) {
  const { t } = useTranslation();
  const host = useHost();
  const submit = () => settle(() => host.call("tasks_settle", { draft: { task: task.id, earlier: [] } }));
  useKeys({ "Ctrl+Enter": submit });
  return (
    <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="task-settle">
      {t("tasks.acknowledge")}
    </Button>
  );
}
