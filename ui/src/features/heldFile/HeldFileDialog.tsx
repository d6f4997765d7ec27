import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Notice } from "../../components/Notice";
import { useHost } from "../../host/host";
import { failureText } from "../../i18n/failures";

/** What central has not got, into one file that only central can open. */
export function HeldFileDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const save = useMutation({ mutationFn: () => host.call("held_file_save") });
  const submit = () => {
    if (!save.isPending) save.mutate();
  };
  // How it ends must be seen: a scan that could not be read, or a disk that refused.
  const close = () => {
    if (!save.isPending) onClose();
  };
  const written = save.data;
  return (
    <Dialog
      title={t("heldFile.title")}
      onClose={close}
      keys={{ "Ctrl+S": submit, "Ctrl+Enter": submit }}
      scrolls
      testId="held-file-dialog"
      actions={
        <>
          <Button kind="main" kbd="Ctrl+S" onPress={submit} autoFocus testId="held-file-save">
            {t(save.isPending ? "heldFile.saving" : "heldFile.save")}
          </Button>
          <Button kbd="Esc" onPress={close} testId="held-file-close">
            {t("letter.close")}
          </Button>
        </>
      }
    >
      <p>{t("heldFile.lead")}</p>
      <p>{t("heldFile.after")}</p>
      {save.error !== null && <p role="alert">{failureText(t, save.error)}</p>}
      <div role="status" data-testid="held-file-saved">
        {written === null && t("heldFile.notSaved")}
        {written != null && (
          <Notice kind="calm" title={t("heldFile.saved")}>
            <p>
              {t("heldFile.operations", { count: written.operations })}, {t("heldFile.scans", { count: written.scans })}
              .
            </p>
            {written.leftOut > 0 && <p>{t("heldFile.leftOut", { count: written.leftOut })}</p>}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
