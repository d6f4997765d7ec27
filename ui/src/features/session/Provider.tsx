import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { useKeys } from "../../components/useKeys";
import type { CommandFailed } from "../../host/host";
import { failureText } from "../../i18n/failures";
import { Gate } from "./Gate";
import styles from "./Gate.module.css";

/** Why the last attempt ended; nothing before one, or after she gave up. */
export function ProviderFailure({ failure }: { failure: CommandFailed | null }) {
  const { t } = useTranslation();
  if (failure === null) return null;
  return (
    <p className={styles.error} role="alert" data-testid="provider-failed">
      {failureText(t, failure)}
    </p>
  );
}

/** The browser has the word; Esc takes it back. */
export function ProviderWait({ onGiveUp }: { onGiveUp: () => void }) {
  const { t } = useTranslation();
  useKeys({ Escape: onGiveUp, F4: () => undefined, "Ctrl+Enter": () => undefined });
  return (
    <Gate title={t("session.provider.waiting")} testId="provider-wait">
      <p role="status">{t("session.provider.lead")}</p>
      <div className={styles.actions}>
        <Button kbd="Esc" onPress={onGiveUp} autoFocus testId="provider-give-up">
          {t("session.provider.giveUp")}
        </Button>
      </div>
    </Gate>
  );
}
