/** Words for a refused command and for wrong fields. */
import type { TFunction } from "i18next";
import type { CommandFailed } from "../host/host";
import type { FieldError } from "../host/types";

export function fieldText(t: TFunction, error: FieldError): string {
  return t(`errors.${error.code}`, { limit: error.limit ?? 0 });
}

export function failureText(t: TFunction, failure: CommandFailed): string {
  const words = t(`errors.${failure.code}`, { limit: 0 });
  return failure.incident === null ? words : `${words} ${t("errors.incident", { incident: failure.incident })}`;
}

/** The words at one field, if it is wrong. */
export function errorAt(t: TFunction, failure: CommandFailed | null, field: string): string | undefined {
  const error = failure?.fields.find((one) => one.field === field);
  return error === undefined ? undefined : fieldText(t, error);
}
