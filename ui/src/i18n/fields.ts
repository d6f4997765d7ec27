/** Words for the fields of a letter and for what stands in them, where a change or two versions are shown. */
import type { TFunction } from "i18next";
import { pl } from "./pl";

type Field = keyof typeof pl.tasks.fields;
const isField = (name: string): name is Field => name in pl.tasks.fields;

export function fieldName(t: TFunction, field: string): string {
  // Keys with a dot are one key here, not a path.
  return isField(field) ? t(`tasks.fields`, { returnObjects: true })[field] : field;
}

const words = {
  delivery: pl.intake.deliveries,
  access: pl.intake.accesses,
  stage: pl.register.stages,
} as const;
type Worded = keyof typeof words;
const paths = { delivery: "intake.deliveries", access: "intake.accesses", stage: "register.stages" } as const;

/** The text of a field as a person reads it; empty and `-` are said in words. */
export function fieldValue(t: TFunction, field: string, value: string): string {
  if (value === "" || value === "-") return t("tasks.empty");
  if (field in words && value in words[field as Worded]) {
    const known: Record<string, string> = t(paths[field as Worded], { returnObjects: true });
    return known[value] ?? value;
  }
  return value;
}
