import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PaperDialog } from "../../components/PaperDialog";
import { useHost } from "../../host/host";
import { keys, queries } from "../../host/queries";
import { failureText } from "../../i18n/failures";

/** The recovery card of this desk, for the office's safe. */
export function CardDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const card = useQuery(queries.recoveryCard(host));
  const save = useMutation({
    mutationFn: () => host.call("recovery_save_card"),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.settings }),
  });
  const failure = card.error ?? save.error;
  return (
    <PaperDialog
      title={t("settings.cardTitle")}
      bytes={card.data}
      failure={failure === null ? null : failureText(t, failure)}
      saved={save.data}
      onSave={() => {
        if (!save.isPending && card.data !== undefined) save.mutate();
      }}
      onClose={onClose}
      testId="card"
    />
  );
}
