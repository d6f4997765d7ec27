/** Says things to screen readers without moving the focus. */
import { useSyncExternalStore } from "react";
import styles from "./Live.module.css";

let said = "";
const listeners = new Set<() => void>();

/** Has the text read out, politely. The same text twice is read twice. */
export function say(text: string): void {
  said = text === said ? `${text}\u00a0` : text;
  for (const told of listeners) told();
}

export function Live() {
  const text = useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => said,
  );
  return (
    <div className={styles.unseen} role="status" aria-live="polite" data-testid="live">
      {text}
    </div>
  );
}
