import { useTranslation } from "react-i18next";
import { useHost } from "../../host/host";
import { SecretDialog } from "./SecretDialog";

/** Sets the PIN of the screen lock, or takes it away. */
export function PinDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  return (
    <SecretDialog
      name="pin"
      title={t("session.pin.title")}
      lead={t("session.pin.lead")}
      fields={[
        { name: "password", label: t("session.password") },
        { name: "pin", label: t("session.pin.pin"), hint: t("session.pin.hint") },
        { name: "pinAgain", label: t("session.pin.again") },
      ]}
      save={(draft) => host.call("session_set_pin", { draft })}
      done={(draft) => t(draft.pin === "" ? "session.pin.removed" : "session.pin.saved")}
      onClose={onClose}
    />
  );
}
