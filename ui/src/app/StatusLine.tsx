/** The truth about devices and the network, always in sight: a dot, another shape, and words. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Kbd } from "../components/Kbd";
import { Shape } from "../components/Shape";
import type { CentralStatusView, ClerkView, MfpStatusView, PrinterStatusView, StatusView } from "../host/types";
import styles from "./StatusLine.module.css";

type Look = "ok" | "busy" | "warn" | "bad" | "off";
type Told = { look: Look; words: string };

export function printerTold(t: TFunction, printer: PrinterStatusView): Told {
  switch (printer.state) {
    case "none":
      return { look: "off", words: t("shell.printer.none") };
    case "unknown":
      return { look: "off", words: t("shell.printer.unknown") };
    case "ready":
      return { look: "ok", words: t("shell.printer.ready") };
    case "printing":
      return { look: "busy", words: t("shell.printer.printing") };
    case "blocked": {
      const words = t("shell.printer.blocked", { reason: t(`shell.block.${printer.reason}`) });
      return {
        look: "bad",
        words: printer.waiting > 0 ? `${words}; ${t("shell.printer.waiting", { count: printer.waiting })}` : words,
      };
    }
  }
}

export function mfpTold(t: TFunction, mfp: MfpStatusView): Told {
  switch (mfp.state) {
    case "none":
      return { look: "off", words: t("shell.mfp.none") };
    case "unknown":
      return { look: "off", words: t("shell.mfp.unknown") };
    case "ready":
      return { look: "ok", words: t(mfp.loaded === true ? "shell.mfp.loaded" : "shell.mfp.ready") };
    case "scanning":
      return { look: "busy", words: t("shell.mfp.scanning") };
    case "fault": {
      const kind = { device_unreachable: "off", feeder_jam: "jam", feeder_empty: "empty" } as const;
      const why = t(`shell.mfpFault.${kind[mfp.why as keyof typeof kind] ?? "other"}`);
      return { look: "bad", words: t("shell.mfp.fault", { why }) };
    }
  }
}

/** Central answers, and takes nothing: the clerk must not take that for a cable. */
const refusals = ["central_refused", "desk_behind", "desk_forked", "desk_revoked"] as const;

export function centralTold(t: TFunction, central: CentralStatusView): Told {
  switch (central.state) {
    case "none":
      return { look: "off", words: t("shell.central.none") };
    case "unknown":
      return { look: "off", words: t("shell.central.unknown") };
    case "online":
      return central.waiting > 0
        ? { look: "busy", words: t("shell.central.onlineWaiting", { count: central.waiting, at: central.at }) }
        : { look: "ok", words: t("shell.central.online", { at: central.at }) };
    case "offline": {
      const refusal = refusals.find((code) => code === central.why);
      if (refusal !== undefined) {
        const words = t(`shell.central.${refusal}`);
        const waiting = t("shell.central.waiting", { count: central.waiting });
        return { look: "bad", words: central.waiting > 0 ? `${words}; ${waiting}` : words };
      }
      return central.waiting > 0
        ? {
            look: "warn",
            words: t("shell.central.offlineWaiting", { count: central.waiting, oldest: central.oldest ?? "" }).trim(),
          }
        : { look: "warn", words: t("shell.central.offline") };
    }
  }
}

export function StatusLine(props: {
  status: StatusView | undefined;
  clerk: ClerkView;
  onLock: () => void;
  onDevice: (section: "printer" | "mfp" | "central") => void;
}) {
  const { status, clerk, onLock, onDevice } = props;
  const { t } = useTranslation();
  const item = (section: "printer" | "mfp" | "central", told: Told) => (
    <button
      type="button"
      className={styles.item}
      data-testid={`status-${section}`}
      data-look={told.look}
      onClick={() => onDevice(section)}
    >
      <Shape state={told.look} />
      {told.words}
    </button>
  );
  return (
    <section className={styles.line} aria-label={t("shell.statusLine")}>
      {status !== undefined && (
        <>
          {item("printer", printerTold(t, status.printer))}
          {item("mfp", mfpTold(t, status.mfp))}
          {item("central", centralTold(t, status.central))}
          {status.keyInFile && (
            <span className={styles.warning} data-testid="key-in-file">
              <Shape state="warn" />
              {t("shell.keyInFile")}
            </span>
          )}
        </>
      )}
      <span className={styles.who} data-testid="clerk">
        {clerk.name}
      </span>
      <button type="button" className={styles.item} onClick={onLock} data-testid="lock">
        {t("shell.lock")} <Kbd>Ctrl+L</Kbd>
      </button>
    </section>
  );
}
