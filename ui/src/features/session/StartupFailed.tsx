import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import type { ErrorCode } from "../../host/types";
import { Gate } from "./Gate";
import styles from "./Gate.module.css";

const told = [
  "key_missing",
  "key_wrong",
  "database_damaged",
  "database_newer",
  "already_running",
  "disk_fault",
  "disk_full",
] as const;

/** Why the program cannot open, and the way out; each reason has its own. */
export function StartupFailed({ code, dataFolder }: { code: ErrorCode; dataFolder: string }) {
  const { t } = useTranslation();
  const host = useHost();
  const known = told.find((one) => one === code) ?? "other";
  const quit = () => void host.call("window_quit");
  useKeys({ "Ctrl+Enter": quit });
  return (
    <Gate title={t("session.startup.title")} testId="startup-failed">
      <p role="alert" data-testid={`startup-${code}`}>
        {t(`session.startup.${known}.what`)}
      </p>
      <div className={styles.out}>
        <h2>{t("session.startup.wayOut")}</h2>
        <p>{t(`session.startup.${known}.out`)}</p>
      </div>
      {dataFolder !== "" && <p className={styles.folder}>{t("session.dataFolder", { folder: dataFolder })}</p>}
      <div className={styles.actions}>
        <Button kind="main" kbd="Ctrl+Enter" onPress={quit} autoFocus testId="quit">
          {t("session.quit")}
        </Button>
      </div>
    </Gate>
  );
}
