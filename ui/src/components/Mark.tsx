import styles from "./Mark.module.css";

/** The sign of the program: an office window with its sill. */
export function Mark() {
  return (
    <svg className={styles.mark} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M5 27V13a11 11 0 0 1 22 0v14M3 28.5h26M16 3v14M5 17h22" />
    </svg>
  );
}
