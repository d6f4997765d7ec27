import { useTranslation } from "react-i18next";
import { useHost } from "../../host/host";
import { SecretDialog } from "./SecretDialog";

/** Gives the clerk at the desk another password. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  return (
    <SecretDialog
      name="change"
      title={t("session.change.title")}
      lead={t("session.change.lead")}
      fields={[
        { name: "password", label: t("session.change.now") },
        { name: "newPassword", label: t("session.change.next"), hint: t("session.change.hint") },
        { name: "newPasswordAgain", label: t("session.change.again") },
      ]}
      save={(draft) => host.call("session_change_password", { draft })}
      done={() => t("session.change.saved")}
      onClose={onClose}
    />
  );
}
