import { useTranslation } from "react-i18next";
import { Card } from "../../components/Card";
import { classes } from "../../components/classes";
import type { BatchView } from "../../host/types";
import styles from "./Scanning.module.css";

/** How many pages came, and the strongest check: letters awaited against letters found. */
export function Side({ batch }: { batch: BatchView }) {
  const { t } = useTranslation();
  const found = batch.awaited.filter((letter) => letter.pages !== null).length;
  const scanning = batch.state.state === "scanning";
  return (
    <>
      <Card>
        <p className={styles.soft}>{t("scanning.received")}</p>
        <p className={styles.count} data-testid="pages-received">
          {batch.pages.length}
        </p>
        {scanning && (
          <div className={styles.bar} role="progressbar" aria-label={t("scanning.scanningNow")}>
            <span />
          </div>
        )}
        <p className={styles.soft}>{t(`scanning.run.${batch.state.state}`)}</p>
      </Card>
      <Card
        flush
        title={
          batch.awaited.length === 0
            ? t("scanning.awaitedNone")
            : t("scanning.awaited", { awaited: batch.awaited.length, found })
        }
      >
        <ul data-testid="awaited">
          {batch.awaited.map((letter) => (
            <li
              key={letter.id}
              className={classes(styles.awaited, letter.pages === null && !scanning && styles.missing)}
            >
              <span>{letter.number}</span>
              {letter.pages === null ? (
                <span className={scanning ? styles.soft : styles.warn}>{t("scanning.notFound")}</span>
              ) : (
                <span className={styles.ok}>{t("scanning.pages", { count: letter.pages })}</span>
              )}
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}
