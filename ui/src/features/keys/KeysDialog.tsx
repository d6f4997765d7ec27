import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Kbd } from "../../components/Kbd";
import styles from "./KeysDialog.module.css";
import { groups } from "./list";

/** One visible list of all keys (F1). */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={t("keys.title")}
      onClose={onClose}
      keys={{ F1: onClose }}
      wide
      scrolls
      testId="keys-dialog"
      actions={
        <Button kbd="Esc" onPress={onClose} autoFocus>
          {t("keys.close")}
        </Button>
      }
    >
      <p>{t("keys.lead")}</p>
      <div className={styles.groups}>
        {groups.map((group) => (
          <section key={group.name}>
            <h3>{t(`keys.${group.name}`)}</h3>
            <dl>
              {group.keys.map(([chords, what]) => (
                <div key={what} className={styles.line}>
                  <dt>
                    {chords.map((chord) => (
                      <Kbd key={chord}>{chord}</Kbd>
                    ))}
                  </dt>
                  <dd>{t(`keys.${what}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
