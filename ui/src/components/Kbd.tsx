import styles from "./Kbd.module.css";

/** A key, printed on the thing it works on. */
export function Kbd({ children }: { children: string }) {
  return <kbd className={styles.kbd}>{children}</kbd>;
}
