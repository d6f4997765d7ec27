import { type KeyboardEvent, type ReactNode, useId } from "react";
import { classes } from "./classes";
import styles from "./Field.module.css";

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  name?: string;
  error?: string | undefined;
  /** Words at the right end of the label. */
  aside?: ReactNode;
  /** Words under the field. */
  hint?: ReactNode;
  /** What a lone `-` means in this field, shown in its place. */
  none?: string;
  type?: "text" | "password";
  mono?: boolean;
  kept?: boolean;
  long?: boolean;
  autoFocus?: boolean;
  isDisabled?: boolean;
  list?: readonly string[];
  onKeyDown?: (event: KeyboardEvent) => void;
  onBlur?: () => void;
  inputMode?: "numeric" | "text";
  /** The field proposes: what it proposes stands in `children`, below it. */
  combobox?: { open: boolean; listId: string; activeId: string };
  children?: ReactNode;
  testId?: string;
};

function comboboxAttributes(combobox: Props["combobox"]) {
  if (combobox === undefined) return {};
  const { open, listId, activeId } = combobox;
  return {
    role: "combobox",
    "aria-autocomplete": "list" as const,
    "aria-expanded": open,
    "aria-controls": open ? listId : undefined,
    "aria-activedescendant": open ? activeId : undefined,
  };
}

/** One line of a form: label above, words at the field when it is wrong, *brak* shown as words. */
export function Field(props: Props) {
  const { label, value, error, aside, hint, none, type = "text", mono, kept, long, list, name } = props;
  const saysNone = none !== undefined && value.trim() === "-";
  const id = useId();
  const listed = list !== undefined && list.length > 0;
  const described = [
    saysNone && `${id}-none`,
    error !== undefined && `${id}-error`,
    hint !== undefined && `${id}-hint`,
  ].filter((part) => part !== false);
  const control = {
    id,
    name,
    value,
    className: classes(styles.input, mono && styles.mono, kept && styles.kept),
    "data-testid": props.testId ?? name,
    "aria-invalid": error !== undefined,
    "aria-describedby": described.length === 0 ? undefined : described.join(" "),
    autoComplete: "off",
    spellCheck: false,
    // The first field of a screen takes the focus: the clerk's hands are on the keys.
    autoFocus: props.autoFocus,
    disabled: props.isDisabled,
    inputMode: props.inputMode,
    onKeyDown: props.onKeyDown,
    onBlur: props.onBlur,
  };
  return (
    <div className={styles.field}>
      <span className={styles.top}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        {aside !== undefined && <span className={styles.aside}>{aside}</span>}
      </span>
      <span className={styles.box}>
        {long ? (
          <textarea {...control} rows={2} onChange={(event) => props.onChange(event.target.value)} />
        ) : (
          <input
            {...control}
            type={type}
            list={listed ? `${id}-list` : undefined}
            {...comboboxAttributes(props.combobox)}
            onChange={(event) => props.onChange(event.target.value)}
          />
        )}
        {props.children}
        {saysNone && (
          <span id={`${id}-none`} className={styles.noneWords}>
            {none}
          </span>
        )}
      </span>
      {listed && (
        <datalist id={`${id}-list`}>
          {list.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {error !== undefined && (
        <span id={`${id}-error`} className={styles.error}>
          {error}
        </span>
      )}
      {hint !== undefined && (
        <span id={`${id}-hint`} className={styles.hint}>
          {hint}
        </span>
      )}
    </div>
  );
}
