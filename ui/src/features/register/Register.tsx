/** The register: newest first, found as one types, opened by Enter. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { classes } from "../../components/classes";
import { day } from "../../components/format";
import { Kbd } from "../../components/Kbd";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { Shape } from "../../components/Shape";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";
import type { LetterId, RegisterRow } from "../../host/types";
import { failureText } from "../../i18n/failures";
import { DaySheetDialog } from "./DaySheetDialog";
import styles from "./Register.module.css";

type Props = { onOpen: (id: LetterId) => void; daySheet: boolean };

export function Register({ onOpen, daySheet }: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const listId = useId();
  const [text, setText] = useState("");
  const [sheet, setSheet] = useState(false);
  const [chosen, setChosen] = useState<LetterId | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const found = useInfiniteQuery({
    queryKey: [...keys.letters, "list", text.trim()],
    queryFn: ({ pageParam }) => host.call("letters_list", { query: { text: text.trim(), after: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const rows = found.data?.pages.flatMap((page) => page.rows) ?? [];
  const total = found.data?.pages[0]?.total;
  const at = Math.max(
    0,
    rows.findIndex((row) => row.id === chosen),
  );
  const pixel = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => 56 * pixel,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
    onChange: (list) => {
      const end = list.range?.endIndex ?? 0;
      if (end > rows.length - 20 && found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage();
    },
  });

  const choose = (index: number) => {
    const next = Math.min(Math.max(index, 0), rows.length - 1);
    const row = rows[next];
    if (row === undefined) return;
    setChosen(row.id);
    virtual.scrollToIndex(next);
    if (next > rows.length - 20 && found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage();
  };
  const open = () => {
    const row = rows[at];
    if (row !== undefined) onOpen(row.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.nativeEvent.isComposing) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    if (step !== undefined) choose(at + step);
    else if (event.key === "Enter" && !event.ctrlKey) open();
    else if (event.key === "Home" && event.ctrlKey) choose(0);
    else if (event.key === "End" && event.ctrlKey) choose(rows.length - 1);
    else return;
    event.preventDefault();
  };
  useKeys({
    "/": () => search.current?.focus(),
    "Ctrl+F": () => search.current?.select(),
    "Ctrl+Enter": open,
    "Ctrl+P": daySheet ? () => setSheet(true) : undefined,
  });

  return (
    <Screen
      testId="register-list"
      title={t("register.title")}
      aside={total !== undefined && <span data-testid="register-total">{t("register.count", { count: total })}</span>}
      actions={
        <>
          <Button kind="main" kbd="Enter" onPress={open} isDisabled={rows.length === 0} testId="open-letter">
            {t("register.open")}
          </Button>
          {daySheet && (
            <Button kbd="Ctrl+P" onPress={() => setSheet(true)} testId="day-sheet">
              {t("register.daySheet")}
            </Button>
          )}
        </>
      }
      foot={t("register.hint")}
    >
      <div className={styles.search}>
        <label htmlFor="register-search">{t("register.search")}</label>
        <input
          id="register-search"
          ref={search}
          type="search"
          data-first
          data-testid="search"
          // biome-ignore lint/a11y/noAutofocus: the clerk types at once
          autoFocus
          autoComplete="off"
          spellCheck={false}
          placeholder={t("register.searchHint")}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(null);
          }}
          onKeyDown={onKeyDown}
          aria-controls={listId}
          aria-activedescendant={rows[at] === undefined ? undefined : `${listId}-${rows[at].id}`}
        />
        <Kbd>/</Kbd>
      </div>
      {found.error !== null && <Notice kind="bad" title={failureText(t, found.error)} />}
      <div className={styles.sheet}>
        <div className={styles.head} aria-hidden="true">
          <span>{t("register.number")}</span>
          <span>{t("register.received")}</span>
          <span>{t("register.sender")}</span>
          <span>{t("register.reference")}</span>
          <span>{t("register.stage")}</span>
          <span>{t("register.scan")}</span>
        </div>
        <div className={styles.scroll} ref={box}>
          {rows.length === 0 && found.data !== undefined && (
            <p className={styles.nothing} role="status">
              {t(text.trim() === "" ? "register.empty" : "register.nothing")}
            </p>
          )}
          <div
            id={listId}
            role="listbox"
            tabIndex={0}
            onKeyDown={onKeyDown}
            aria-activedescendant={rows[at] === undefined ? undefined : `${listId}-${rows[at].id}`}
            aria-label={t("register.list")}
            className={styles.list}
            style={{ height: virtual.getTotalSize() }}
          >
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index];
              return (
                row !== undefined && (
                  <div
                    key={item.key}
                    ref={virtual.measureElement}
                    data-index={item.index}
                    className={styles.place}
                    style={{ transform: `translateY(${item.start}px)` }}
                    role="presentation"
                  >
                    <Row
                      id={`${listId}-${row.id}`}
                      row={row}
                      place={item.index + 1}
                      count={rows.length}
                      active={item.index === at}
                      onOpen={() => onOpen(row.id)}
                    />
                  </div>
                )
              );
            })}
          </div>
        </div>
      </div>
      {sheet && <DaySheetDialog onClose={() => setSheet(false)} />}
    </Screen>
  );
}

function Row(props: {
  id: string;
  row: RegisterRow;
  place: number;
  count: number;
  active: boolean;
  onOpen: () => void;
}) {
  const { id, row, place, count, active, onOpen } = props;
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field holds the keys of the list
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      aria-posinset={place}
      aria-setsize={count}
      className={classes(styles.row, active && styles.active, row.cancelled && styles.cancelled)}
      data-testid={`row-${row.number}`}
      onClick={onOpen}
    >
      <span className={styles.number}>{row.number}</span>
      <span>{day(row.receivedOn)}</span>
      <span className={styles.words}>
        <span className={styles.sender}>
          {row.erased
            ? t("register.erased")
            : row.outside
              ? t("register.outside")
              : row.sender === ""
                ? t("register.noSender")
                : row.sender}
        </span>
        <span className={styles.second}>{row.title}</span>
      </span>
      <span className={row.reference === null ? styles.second : styles.reference}>
        {row.reference ?? t("register.noReference")}
      </span>
      <span className={styles.words}>
        {row.cancelled ? (
          <span className={styles.bad}>{t("register.cancelled")}</span>
        ) : (
          <>
            <span>{t(`register.stages.${row.stage}`)}</span>
            {row.unit !== null && <span className={styles.second}>{row.unit}</span>}
          </>
        )}
        {row.labelWaits && <span className={styles.warn}>{t("register.labelWaits")}</span>}
      </span>
      <span className={styles.words}>
        <span className={row.pages === 0 ? styles.second : undefined}>
          {row.pages === 0 ? t("register.noScan") : t("register.pages", { count: row.pages })}
        </span>
        {!row.synced && (
          <span className={styles.unsent}>
            <Shape state="busy" />
            {t("register.unsent")}
          </span>
        )}
      </span>
    </div>
  );
}
