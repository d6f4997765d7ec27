/** What somebody must look at: the list, and the chosen matter with both versions and the keys that settle it. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { classes } from "../../components/classes";
import { say } from "../../components/Live";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { LetterId, TaskView } from "../../host/types";
import { failureText } from "../../i18n/failures";
import { reasonOf } from "./reason";
import styles from "./Tasks.module.css";
import { Way } from "./Way";

type Props = { onOpen: (id: LetterId) => void; onBack: () => void };

export function Tasks({ onOpen, onBack }: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const listId = useId();
  const { data, error, refetch } = useQuery(queries.tasks(host));
  const [chosen, setChosen] = useState<string | null>(null);
  const tasks = data ?? [];
  const at = Math.max(
    0,
    tasks.findIndex((task) => task.id === chosen),
  );
  const task = tasks[at];
  const settle = useMutation({
    mutationFn: (done: () => Promise<null>) => done(),
    onSuccess: async () => {
      say(t("tasks.settled"));
      setChosen(tasks[at + 1]?.id ?? null);
      await refetch();
      document.getElementById(listId)?.focus();
    },
  });
  const choose = (index: number) => {
    const next = tasks[Math.min(Math.max(index, 0), tasks.length - 1)];
    if (next === undefined || next.id === task?.id) return;
    settle.reset();
    setChosen(next.id);
    document.getElementById(`${listId}-${next.id}`)?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey) return;
    choose(at + step);
    event.preventDefault();
  };

  return (
    <Screen
      testId="tasks"
      title={t("tasks.title")}
      aside={data && <span data-testid="tasks-lead">{t("tasks.lead", { count: tasks.length })}</span>}
      side={
        task !== undefined && (
          <Way
            key={task.id}
            task={task}
            settle={(done) => !settle.isPending && settle.mutate(done)}
            failure={settle.error}
            onOpen={onOpen}
          />
        )
      }
      actions={
        <Button kbd="Esc" onPress={onBack}>
          {t("tasks.back")}
        </Button>
      }
    >
      {error !== null && <Notice kind="bad" title={failureText(t, error)} />}
      {data !== undefined && tasks.length === 0 && (
        <Card>
          <p data-testid="tasks-none">{t("tasks.none")}</p>
        </Card>
      )}
      {tasks.length > 0 && (
        <Card flush>
          <div
            id={listId}
            className={styles.list}
            role="listbox"
            tabIndex={0}
            aria-label={t("tasks.list")}
            aria-activedescendant={task === undefined ? undefined : `${listId}-${task.id}`}
            onKeyDown={onKeyDown}
            data-first
            data-testid="tasks-list"
          >
            {tasks.map((one, index) => (
              <Row
                key={one.id}
                id={`${listId}-${one.id}`}
                task={one}
                chosen={one.id === task?.id}
                onChoose={() => choose(index)}
              />
            ))}
          </div>
        </Card>
      )}
    </Screen>
  );
}

function Row(props: { id: string; task: TaskView; chosen: boolean; onChoose: () => void }) {
  const { t } = useTranslation();
  const { id, task, chosen, onChoose } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys, the mouse is a second way
    // biome-ignore lint/a11y/useFocusableInteractive: the list holds the focus and names its active row
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      className={classes(styles.row, chosen && styles.chosen)}
      onClick={onChoose}
      data-testid="task"
      data-reason={task.reason}
    >
      <strong>{reasonOf(t, task)}</strong>
      <span className={styles.number}>{task.letter?.number ?? t("tasks.noLetter")}</span>
      {task.letter !== null && <span className={styles.about}>{task.letter.title}</span>}
      <span className={styles.soft}>
        {t("tasks.since", { at: task.since })}
        {task.by !== "" && ` · ${task.by}`}
      </span>
    </div>
  );
}
