import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PaperDialog } from "../../components/PaperDialog";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import { failureText } from "../../i18n/failures";

/** The sheet that closes the day at this desk. */
export function DaySheetDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const sheet = useQuery(queries.daySheet(host));
  const save = useMutation({ mutationFn: () => host.call("day_sheet_save") });
  const failure = sheet.error ?? save.error;
  return (
    <PaperDialog
      title={t("register.daySheet")}
      bytes={sheet.data}
      failure={failure === null ? null : failureText(t, failure)}
      saved={save.data}
      onSave={() => {
        if (!save.isPending && sheet.data !== undefined) save.mutate();
      }}
      onClose={onClose}
      keys={{ "Ctrl+P": onClose }}
      testId="day-sheet"
    />
  );
}
