import { type ComponentProps, type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { classes } from "./classes";
import { Field } from "./Field";
import { matched, sameWords } from "./format";
import { Kbd } from "./Kbd";
import styles from "./SuggestField.module.css";
import { type Suggestion, suggestionsFor } from "./suggest";
import { useKeys } from "./useKeys";

type Props = Omit<ComponentProps<typeof Field>, "list" | "combobox" | "children" | "onKeyDown" | "onBlur" | "hint"> & {
  suggestions: readonly Suggestion[];
  /** The list makes room for itself, as in a dialogue, whose edge would hide it. */
  makesRoom?: boolean;
};

/**
 * A line that proposes what is typed into it: Enter takes the proposal, ↓ opens the list, Esc puts it away, and any other words may
 * stand. What whoever takes one should know stays below the field.
 */
export function SuggestField({ suggestions, makesRoom = false, ...field }: Props) {
  const { value, onChange } = field;
  const listId = useId();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const list = open ? suggestionsFor(suggestions, value) : [];
  const shown = list.length > 0;
  const at = Math.min(active, list.length - 1);

  const take = (one: Suggestion) => {
    onChange(one.text);
    setOpen(false);
  };
  const show = () => {
    setOpen(true);
    setActive(0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.nativeEvent.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const chosen = list[at];
    if (step === 0 && !(chosen !== undefined && event.key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    if (step !== 0 && shown) setActive((at + step + list.length) % list.length);
    else if (step !== 0) show();
    else if (chosen !== undefined) take(chosen);
  };

  const named = suggestions.find((one) => sameWords(one.text, value));
  return (
    <Field
      {...field}
      hint={named === undefined || named.notice === "" ? undefined : named.notice}
      onChange={(text) => {
        onChange(text);
        show();
      }}
      onKeyDown={onKeyDown}
      onBlur={() => setOpen(false)}
      combobox={{ open: shown, listId, activeId: `${listId}-${at}` }}
    >
      {shown && (
        <List id={listId} label={field.label} makesRoom={makesRoom} onClose={() => setOpen(false)}>
          {list.map((one, index) => (
            <Option
              key={one.text}
              id={`${listId}-${index}`}
              one={one}
              typed={value}
              active={index === at}
              onTake={() => take(one)}
            />
          ))}
        </List>
      )}
    </Field>
  );
}

function List(props: { id: string; label: string; makesRoom: boolean; onClose: () => void; children: ReactNode }) {
  const { id, label, makesRoom, onClose, children } = props;
  // While the list is shown, Esc is its own.
  useKeys({ Escape: onClose });
  return (
    <div
      className={classes(styles.list, makesRoom ? styles.inside : styles.above)}
      role="listbox"
      id={id}
      aria-label={label}
      data-testid="field-suggestions"
    >
      {children}
    </div>
  );
}

function Option(props: { id: string; one: Suggestion; typed: string; active: boolean; onTake: () => void }) {
  const { id, one, typed, active, onTake } = props;
  const [before, hit, rest] = matched(one.text, typed);
  return (
    <div
      role="option"
      tabIndex={-1}
      id={id}
      // The focus stays in the field: what is marked must come into sight by itself.
      ref={(element) => {
        if (active) element?.scrollIntoView({ block: "nearest" });
      }}
      aria-selected={active}
      className={classes(styles.option, active && styles.active)}
      onMouseDown={(event) => {
        event.preventDefault();
        onTake();
      }}
    >
      <span>
        {before}
        {hit !== "" && <mark>{hit}</mark>}
        {rest}
      </span>
      <span className={styles.enter}>{active && <Kbd>Enter</Kbd>}</span>
      {one.detail !== "" && <span className={styles.detail}>{one.detail}</span>}
      {one.notice !== "" && <span className={styles.notice}>{one.notice}</span>}
    </div>
  );
}
