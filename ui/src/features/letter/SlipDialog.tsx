import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PaperDialog } from "../../components/PaperDialog";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { LetterId } from "../../host/types";
import { failureText } from "../../i18n/failures";

/** The confirmation slip. */
export function SlipDialog(props: { paper: { letterId: LetterId; number: string }; onClose: () => void }) {
  const { paper, onClose } = props;
  const { t } = useTranslation();
  const host = useHost();
  const slip = useQuery(queries.slip(host, paper.letterId));
  const save = useMutation({ mutationFn: () => host.call("slip_save", { letterId: paper.letterId }) });
  const failure = slip.error ?? save.error;
  return (
    <PaperDialog
      title={t("letter.slipTitle", { number: paper.number })}
      bytes={slip.data}
      failure={failure === null ? null : failureText(t, failure)}
      saved={save.data}
      onSave={() => {
        if (!save.isPending && slip.data !== undefined) save.mutate();
      }}
      onClose={onClose}
      keys={{ "Ctrl+D": onClose }}
      testId="slip"
    />
  );
}
