import type { ReactNode } from "react";
import { classes } from "./classes";
import styles from "./Notice.module.css";

/** Something the clerk should know or answer, in its place on the screen: never above the work. */
export function Notice(props: {
  kind: "ok" | "warn" | "bad" | "calm";
  title: string;
  children?: ReactNode;
  live?: boolean;
  testId?: string;
}) {
  const { kind, title, children, live, testId } = props;
  return (
    <section className={classes(styles.notice, styles[kind])} aria-label={title} data-testid={testId}>
      <span className={styles.mark} aria-hidden="true">
        {{ ok: "✓", warn: "?", bad: "!", calm: "i" }[kind]}
      </span>
      <div className={styles.words} role={live ? "status" : undefined}>
        <strong>{title}</strong>
        {children}
      </div>
    </section>
  );
}
