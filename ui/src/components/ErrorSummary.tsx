import styles from "./ErrorSummary.module.css";
import { useFocusWhen } from "./effects";

/** All that is wrong with a form at once; takes the focus, and each line leads to its field. */
export function ErrorSummary(props: {
  title: string;
  lines: readonly { field: string; label: string; text: string }[];
  /** Changes with every attempt, so that the focus comes back. */
  attempt: number;
  goTo: (field: string) => void;
}) {
  const { title, lines, attempt, goTo } = props;
  const box = useFocusWhen<HTMLDivElement>(lines.length > 0 ? attempt : null);
  if (lines.length === 0) return null;
  return (
    <div ref={box} className={styles.summary} role="alert" tabIndex={-1} data-testid="error-summary">
      <strong>{title}</strong>
      <ul>
        {lines.map((line) => (
          <li key={line.field}>
            <button type="button" onClick={() => goTo(line.field)}>
              {line.label}
            </button>
            {": "}
            {line.text}
          </li>
        ))}
      </ul>
    </div>
  );
}
