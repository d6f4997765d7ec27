import type { ReactNode } from "react";
import { Mark } from "../../components/Mark";
import styles from "./Gate.module.css";

/** The sheet in the middle of the window, before anybody works. */
export function Gate(props: { title: string; lead?: string; children: ReactNode; testId: string }) {
  return (
    <main className={styles.gate} data-testid={props.testId}>
      <div className={styles.sheet}>
        <p className={styles.brand}>
          <Mark />
          Okienko
        </p>
        <h1>{props.title}</h1>
        {props.lead !== undefined && <p className={styles.lead}>{props.lead}</p>}
        {props.children}
      </div>
    </main>
  );
}
