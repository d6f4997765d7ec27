/** To whom a letter is given: what is typed finds units and people; any other words may stand, too. Says who is away. */
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "../../components/classes";
import { Field } from "../../components/Field";
import { day, matched, sameWords } from "../../components/format";
import { Kbd } from "../../components/Kbd";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { Addressee } from "../../host/types";
import styles from "./AddresseeField.module.css";
import { addresseesFor } from "./find";

type Props = {
  name: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  autoFocus?: boolean;
  testId?: string;
};

export function AddresseeField(props: Props) {
  const { value, onChange, testId } = props;
  const { t } = useTranslation();
  const host = useHost();
  const listId = useId();
  const all = useQuery(queries.addressees(host)).data ?? [];
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const list = open ? addresseesFor(all, value) : [];
  const shown = list.length > 0;
  const at = Math.min(active, list.length - 1);

  const take = (one: Addressee) => {
    onChange(one.text);
    setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.nativeEvent.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const chosen = list[at];
    if (step !== 0) {
      event.preventDefault();
      if (shown) setActive((at + step + list.length) % list.length);
      else {
        setOpen(true);
        setActive(0);
      }
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    } else if (event.key === "Enter" && chosen !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      take(chosen);
    }
  };

  const named = all.find((one) => sameWords(one.text, value));
  return (
    <Field
      name={props.name}
      label={props.label}
      value={value}
      error={props.error}
      autoFocus={props.autoFocus}
      testId={testId ?? props.name}
      hint={named?.away == null ? undefined : awayWords(t, named)}
      onChange={(text) => {
        onChange(text);
        setOpen(true);
        setActive(0);
      }}
      onKeyDown={onKeyDown}
      onBlur={() => setOpen(false)}
      combobox={{ open: shown, listId, activeId: `${listId}-${at}` }}
    >
      {shown && (
        <div className={styles.list} role="listbox" id={listId} aria-label={props.label} data-testid="addressees">
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
        </div>
      )}
    </Field>
  );
}

function Option(props: { id: string; one: Addressee; typed: string; active: boolean; onTake: () => void }) {
  const { id, one, typed, active, onTake } = props;
  const { t } = useTranslation();
  const [before, hit, rest] = matched(one.text, typed);
  return (
    <div
      role="option"
      tabIndex={-1}
      id={id}
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
      <span className={styles.soft}>{detailWords(t, one)}</span>
      {one.away !== null && <span className={styles.away}>{awayWords(t, one)}</span>}
    </div>
  );
}

function detailWords(t: TFunction, one: Addressee): string {
  if (one.kind === "written") return t("directory.written");
  if (one.kind === "person") return one.detail;
  return one.detail === "" ? t("directory.noHead") : t("directory.head", { name: one.detail });
}

function awayWords(t: TFunction, one: Addressee): string {
  if (one.away === null) return "";
  const { name, deputy } = one.away;
  const until = day(one.away.until);
  return deputy === null
    ? t("directory.away", { name, until })
    : t("directory.awayWithDeputy", { name, until, deputy });
}
