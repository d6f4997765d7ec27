import { useId } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import styles from "./Choice.module.css";
import { classes } from "./classes";

type Props<V extends string> = {
  label: string;
  value: V;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
  aside?: React.ReactNode;
  kept?: boolean;
  isDisabled?: boolean;
  testId?: string;
};

/** One of a few: all visible, arrows choose, one stop of the Tab key. */
export function Choice<V extends string>({
  label,
  value,
  options,
  onChange,
  aside,
  kept,
  isDisabled,
  testId,
}: Props<V>) {
  const id = useId();
  return (
    <RadioGroup
      aria-labelledby={id}
      className={styles.group}
      value={value}
      onChange={(chosen) => onChange(chosen as V)}
      orientation="horizontal"
      isDisabled={isDisabled}
      data-testid={testId}
    >
      <span className={styles.top}>
        <span id={id}>{label}</span>
        {aside !== undefined && <span>{aside}</span>}
      </span>
      <span className={classes(styles.options, kept && styles.kept)}>
        {options.map((option) => (
          <Radio
            key={option.value}
            value={option.value}
            className={styles.option}
            data-testid={`${testId}-${option.value}`}
          >
            <span className={styles.mark} aria-hidden="true" />
            {option.label}
          </Radio>
        ))}
      </span>
    </RadioGroup>
  );
}
