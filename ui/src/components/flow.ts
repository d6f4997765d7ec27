/** Enter goes to the next field, Shift+Enter back: clerks fill forms without leaving the main block of keys. */
import type { KeyboardEvent } from "react";

const stops = "input:not([type=radio]):not([type=hidden]), textarea, [role=radio][tabindex='0'], input[type=radio]";

function fieldsOf(form: HTMLElement): HTMLElement[] {
  const all = [...form.querySelectorAll<HTMLElement>(stops)];
  return all.filter((field) => {
    if (field.matches(":disabled, [readonly]") || field.closest("[hidden], [inert]") !== null) return false;
    if (!(field instanceof HTMLInputElement) || field.type !== "radio") return true;
    const chosen = all.find((other) => other instanceof HTMLInputElement && other.name === field.name && other.checked);
    return chosen === undefined
      ? all.find((other) => (other as HTMLInputElement).name === field.name) === field
      : chosen === field;
  });
}

/** Moves the focus by one field; answers whether there was one to go to. */
export function moveFocus(form: HTMLElement, from: Element | null, step: 1 | -1): boolean {
  const fields = fieldsOf(form);
  const at = fields.indexOf(from as HTMLElement);
  const next = at < 0 ? undefined : fields[at + step];
  if (next === undefined) return false;
  next.focus();
  if (next instanceof HTMLInputElement && next.type !== "radio" && next.type !== "checkbox") next.select();
  return true;
}

export function enterMovesOn(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "Enter" || event.ctrlKey || event.altKey || event.nativeEvent.isComposing) return;
  if (!(event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement)) return;
  event.preventDefault();
  moveFocus(event.currentTarget, event.target, event.shiftKey ? -1 : 1);
}
