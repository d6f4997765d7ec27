import type { KeyboardEvent, ReactNode } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField } from "react-aria-components";
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
  testId?: string;
};

/** One line of a form: label above, words at the field when it is wrong, *brak* shown as words. */
export function Field(props: Props) {
  const { label, value, error, aside, hint, none, type = "text", mono, kept, long, list, name } = props;
  const saysNone = none !== undefined && value.trim() === "-";
  const listId = list === undefined || list.length === 0 ? undefined : `list-${name ?? label}`;
  const control = {
    className: classes(styles.input, mono && styles.mono, kept && styles.kept, saysNone && styles.none),
    "data-testid": props.testId ?? name,
    autoComplete: "off",
    spellCheck: false,
    onKeyDown: props.onKeyDown,
  };
  return (
    <TextField
      className={classes(styles.field)}
      value={value}
      onChange={props.onChange}
      onBlur={props.onBlur}
      isInvalid={error !== undefined}
      isDisabled={props.isDisabled}
      // The first field of a screen takes the focus: the clerk's hands are on the keys.
      // biome-ignore lint/a11y/noAutofocus: see above
      autoFocus={props.autoFocus}
      validationBehavior="aria"
    >
      <span className={styles.top}>
        <Label className={styles.label}>{label}</Label>
        {aside !== undefined && <span className={styles.aside}>{aside}</span>}
      </span>
      <span className={styles.box}>
        {long ? (
          <TextArea {...control} rows={2} />
        ) : (
          <Input {...control} type={type} list={listId} inputMode={props.inputMode} name={name} />
        )}
        {saysNone && <span className={styles.noneWords}>{none}</span>}
      </span>
      {listId !== undefined && (
        <datalist id={listId}>
          {list?.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {error !== undefined && <FieldError className={styles.error}>{error}</FieldError>}
      {hint !== undefined && (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      )}
    </TextField>
  );
}
