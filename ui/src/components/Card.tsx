import type { ReactNode } from "react";
import styles from "./Card.module.css";
import { classes } from "./classes";

/** A sheet on the desk: white ground, thin line, a heading where there is one. */
export function Card(props: {
  title?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  label?: string;
  className?: string;
}) {
  const { title, aside, children, flush, label, className } = props;
  return (
    <section className={classes(styles.card, className)} aria-label={label}>
      {title !== undefined && (
        <header className={classes(styles.top, flush && styles.ruled)}>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      <div className={classes(flush ? styles.flush : styles.body)}>{children}</div>
    </section>
  );
}
