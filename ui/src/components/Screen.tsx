import type { ReactNode } from "react";
import styles from "./Screen.module.css";

/** The frame of a place: title, body with its own scrolling, a side column, and the keys of its actions at the foot. */
export function Screen(props: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  side?: ReactNode;
  actions?: ReactNode;
  foot?: ReactNode;
  testId: string;
}) {
  const { title, aside, children, side, actions, foot, testId } = props;
  return (
    <div className={styles.screen} data-testid={testId}>
      <header className={styles.top}>
        <h1 tabIndex={-1}>{title}</h1>
        {aside !== undefined && <div className={styles.aside}>{aside}</div>}
      </header>
      <div className={side === undefined ? styles.alone : styles.columns}>
        <div className={styles.main}>{children}</div>
        {side !== undefined && <div className={styles.side}>{side}</div>}
      </div>
      {(actions !== undefined || foot !== undefined) && (
        <footer className={styles.foot}>
          <div className={styles.actions}>{actions}</div>
          {foot !== undefined && <div className={styles.words}>{foot}</div>}
        </footer>
      )}
    </div>
  );
}
