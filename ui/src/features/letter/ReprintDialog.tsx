import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { useHost } from "../../host/host";
import type { LetterId } from "../../host/types";
import { errorAt, failureText } from "../../i18n/failures";

/** A further label of a letter: one more key, and a reason that stands there already. */
export function ReprintDialog(props: { paper: { letterId: LetterId; number: string }; onClose: () => void }) {
  const { paper, onClose } = props;
  const { t } = useTranslation();
  const host = useHost();
  const [reason, setReason] = useState<string>(() => t("letter.reprintDefault"));
  const reprint = useMutation({
    mutationFn: () => host.call("labels_reprint", { letterId: paper.letterId, reason }),
    onSuccess: onClose,
  });
  const submit = () => {
    if (!reprint.isPending) reprint.mutate();
  };
  const other = reprint.error !== null && reprint.error.fields.length === 0 ? failureText(t, reprint.error) : undefined;
  return (
    <Dialog
      title={t("letter.reprintTitle", { number: paper.number })}
      onClose={onClose}
      keys={{ "Ctrl+Enter": submit, F9: submit }}
      testId="reprint-dialog"
      actions={
        <>
          <Button kind="main" kbd="Enter" onPress={submit} testId="reprint-yes">
            {t("letter.reprintYes")}
          </Button>
          <Button kbd="Esc" onPress={onClose}>
            {t("letter.back")}
          </Button>
        </>
      }
    >
      <p>{t("letter.reprintLead")}</p>
      <Field
        name="reprint-reason"
        label={t("letter.reprintReason")}
        value={reason}
        onChange={setReason}
        error={errorAt(t, reprint.error, "reason") ?? other}
        autoFocus
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.ctrlKey) return;
          event.preventDefault();
          submit();
        }}
      />
    </Dialog>
  );
}
