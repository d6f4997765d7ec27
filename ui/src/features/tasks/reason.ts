import type { TFunction } from "i18next";
import type { TaskView } from "../../host/types";
import { pl } from "../../i18n/pl";

type Reason = keyof typeof pl.tasks.reasons;
type Led = keyof typeof pl.tasks.leads;

/** What happened, in a few words. */
export function reasonOf(t: TFunction, task: TaskView): string {
  const reason = task.reason in pl.tasks.reasons ? (task.reason as Reason) : "other";
  return t(`tasks.reasons.${reason}`);
}

/** What it means, and what is to be done; `null` where that is nobody's here. */
export function leadOf(t: TFunction, task: TaskView): string | null {
  return task.reason in pl.tasks.leads ? t(`tasks.leads.${task.reason as Led}`) : null;
}
