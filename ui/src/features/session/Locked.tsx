import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { useKeys } from "../../components/useKeys";
import { useHost } from "../../host/host";
import { forgetRecords, keys } from "../../host/queries";
import type { ClerkView } from "../../host/types";
import { failureText } from "../../i18n/failures";
import { Gate } from "./Gate";
import styles from "./Gate.module.css";
import { ProviderFailure, ProviderWait } from "./Provider";
import { usePassword } from "./usePassword";
import { useProvider } from "./useProvider";

/** The locked window: the form behind it is kept as it was. */
export function Locked({ clerk, pin, offered }: { clerk: ClerkView; pin: boolean; offered: boolean }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const { password, setPassword, submit, failure } = usePassword({ clerk: clerk.id });
  const leave = useMutation({
    mutationFn: () => host.call("session_sign_out"),
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      forgetRecords(client);
    },
  });
  const provider = useProvider();
  useKeys({
    "Ctrl+Enter": submit,
    F4: () => leave.mutate(),
    F8: offered ? provider.start : undefined,
    Escape: () => undefined,
  });
  if (provider.waiting) return <ProviderWait onGiveUp={provider.giveUp} />;
  return (
    <Gate title={t("session.lockedTitle")} lead={t("session.lockedLead")} testId="locked">
      <div className={styles.form}>
        <p className={styles.who}>{clerk.name}</p>
        <ProviderFailure failure={provider.failure} />
        <Field
          name="password"
          label={t(pin ? "session.pinOrPassword" : "session.password")}
          type="password"
          value={password}
          onChange={setPassword}
          error={failure === null ? undefined : failureText(t, failure)}
          autoFocus
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.ctrlKey) submit();
          }}
        />
        <div className={styles.actions}>
          <Button kind="main" kbd="Enter" onPress={submit} testId="unlock">
            {t("session.unlock")}
          </Button>
          <Button kbd="F4" onPress={() => leave.mutate()} testId="other-clerk">
            {t("session.otherClerk")}
          </Button>
          {offered && (
            <Button kbd="F8" onPress={provider.start} testId="by-provider">
              {t("session.provider.unlock")}
            </Button>
          )}
        </div>
        {offered && <p className={styles.hint}>{t("session.provider.hint")}</p>}
      </div>
    </Gate>
  );
}
