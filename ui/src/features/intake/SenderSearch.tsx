/** The sender field: what is typed finds senders of earlier letters; Enter takes, Ctrl+N begins a new one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, type RefObject, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "../../components/classes";
import { day, matched } from "../../components/format";
import { Kbd } from "../../components/Kbd";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { PartySuggestion } from "../../host/types";
import { emptySender, type LetterForm } from "./form";
import { hasDetails } from "./names";
import styles from "./SenderSearch.module.css";

type Props = {
  form: LetterForm;
  input: RefObject<HTMLInputElement | null>;
  /** Begins a new sender from what is typed. */
  onNew: () => void;
  /** A sender was taken, or the clerk goes on: the next field. */
  onTaken: () => void;
  /** The new sender's fields are shown below. */
  detailsShown: boolean;
};

export function SenderSearch({ form, input, onNew, onTaken, detailsShown }: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const listId = useId();
  const { sender } = form.draft;
  const typed = sender.typed.trim();
  const none = sender.kind === "unknown" && typed === "-";
  const [active, setActive] = useState(0);
  const [shown, setShown] = useState(false);
  const searching = shown && typed !== "" && !none && sender.partyId === null && !detailsShown;
  const found = useQuery({ ...queries.suggestions(host, searching ? typed : ""), placeholderData: (before) => before });
  const list = searching ? (found.data ?? []).slice(0, 6) : [];
  const open = searching && found.data !== undefined;
  const at = Math.min(active, list.length);

  const take = (suggestion: PartySuggestion) => {
    form.changeSender({ ...suggestion.draft, typed: suggestion.name, partyId: suggestion.id });
    setShown(false);
    onTaken();
  };
  const choose = async () => {
    // The list may still show an earlier word: what is taken fits what is typed now.
    const now = await client.ensureQueryData(queries.suggestions(host, typed)).catch(() => []);
    const suggestion = at < list.length ? now[at] : undefined;
    if (suggestion === undefined) onNew();
    else take(suggestion);
  };
  const type = (text: string) => {
    setShown(true);
    setActive(0);
    if (text.trim() === "-") form.changeSender({ ...emptySender, typed: text, kind: "unknown" });
    else if (sender.partyId !== null || none) form.changeSender({ ...emptySender, typed: text });
    else form.changeSender({ typed: text });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.nativeEvent.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && open) {
      event.preventDefault();
      setActive((at + step + list.length + 1) % (list.length + 1));
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      setShown(false);
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) {
      const unresolved = typed !== "" && !none && sender.partyId === null && !hasDetails(sender);
      if (unresolved) {
        event.preventDefault();
        event.stopPropagation();
        void choose();
      } else if (event.key === "Enter") {
        event.preventDefault();
        event.stopPropagation();
        onTaken();
      }
    }
  };

  const error = form.errorOf("sender.typed") ?? (detailsShown ? undefined : form.errorOf("sender.surname"));
  return (
    <div className={styles.search}>
      <div className={styles.top}>
        <label htmlFor="sender">{t("intake.sender")}</label>
        <span>{t("intake.senderHint")}</span>
      </div>
      <div className={styles.box}>
        <input
          id="sender"
          ref={input}
          className={styles.input}
          role="combobox"
          aria-expanded={open}
          aria-controls={open ? listId : undefined}
          aria-activedescendant={open ? `${listId}-${at}` : undefined}
          aria-autocomplete="list"
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : "sender-error"}
          autoComplete="off"
          spellCheck={false}
          data-first
          data-testid="sender"
          // biome-ignore lint/a11y/noAutofocus: the clerk types at once
          autoFocus
          value={sender.typed}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => setShown(false)}
        />
        {none && <span className={styles.none}>{t("intake.senderNone")}</span>}
        {open && (
          <div className={styles.list}>
            <div role="listbox" id={listId} aria-label={t("intake.suggestions")} data-testid="suggestions">
              {list.map((one, index) => (
                <Suggestion
                  key={one.id}
                  id={`${listId}-${index}`}
                  suggestion={one}
                  typed={typed}
                  active={index === at}
                  onTake={() => take(one)}
                />
              ))}
              <div
                role="option"
                tabIndex={-1}
                id={`${listId}-${list.length}`}
                aria-selected={at === list.length}
                className={classes(styles.option, styles.new, at === list.length && styles.active)}
                onMouseDown={(event) => {
                  event.preventDefault();
                  onNew();
                }}
              >
                <span>{t("intake.newSender", { typed })}</span>
                <Kbd>Ctrl+N</Kbd>
              </div>
            </div>
          </div>
        )}
      </div>
      {error !== undefined && (
        <p id="sender-error" className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}

function Suggestion(props: {
  id: string;
  suggestion: PartySuggestion;
  typed: string;
  active: boolean;
  onTake: () => void;
}) {
  const { id, suggestion, typed, active, onTake } = props;
  const { t } = useTranslation();
  const [before, hit, rest] = matched(suggestion.name, typed);
  const hint = suggestion.identifierHint;
  const kind = hint === null ? undefined : (["pesel", "nip", "regon", "krs"] as const).find((one) => one === hint[0]);
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
      <span className={styles.name}>
        {before}
        {hit !== "" && <mark>{hit}</mark>}
        {rest}
      </span>
      <span className={styles.enter}>{active && <Kbd>Enter</Kbd>}</span>
      <span className={styles.where}>
        {[
          suggestion.address,
          hint === null || kind === undefined
            ? ""
            : t("intake.identifierEnds", { kind: t(`intake.kinds.${kind}`), end: hint[1] }),
        ]
          .filter((part) => part !== "")
          .join(" · ")}
      </span>
      <span className={styles.often}>
        {t("intake.letters", { count: suggestion.letters })}
        {suggestion.lastOn !== null && `, ${t("intake.lastOn", { day: day(suggestion.lastOn) })}`}
      </span>
    </div>
  );
}
