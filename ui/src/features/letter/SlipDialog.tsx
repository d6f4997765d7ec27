import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { PdfPages } from "../../components/PdfPages";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { LetterId } from "../../host/types";
import { failureText } from "../../i18n/failures";

/** The confirmation slip: the very bytes that are saved, shown before they are. */
export function SlipDialog(props: { paper: { letterId: LetterId; number: string }; onClose: () => void }) {
  const { paper, onClose } = props;
  const { t } = useTranslation();
  const host = useHost();
  const slip = useQuery(queries.slip(host, paper.letterId));
  const save = useMutation({ mutationFn: () => host.call("slip_save", { letterId: paper.letterId }) });
  const submit = () => {
    if (!save.isPending && slip.data !== undefined) save.mutate();
  };
  const failure = slip.error ?? save.error;
  return (
    <Dialog
      title={t("letter.slipTitle", { number: paper.number })}
      onClose={onClose}
      keys={{ "Ctrl+S": submit, "Ctrl+Enter": submit, "Ctrl+D": onClose }}
      wide
      scrolls
      testId="slip-dialog"
      actions={
        <>
          <Button kind="main" kbd="Ctrl+S" onPress={submit} autoFocus testId="slip-save">
            {t("letter.slipSave")}
          </Button>
          <Button kbd="Esc" onPress={onClose} testId="slip-close">
            {t("letter.close")}
          </Button>
          <span role="status" data-testid="slip-saved">
            {save.data !== undefined && t(save.data ? "letter.slipSaved" : "letter.slipNotSaved")}
          </span>
        </>
      }
    >
      {failure !== null && <p role="alert">{failureText(t, failure)}</p>}
      {slip.data === undefined ? (
        slip.error === null && <p>{t("letter.loading")}</p>
      ) : (
        <PdfPages
          bytes={slip.data}
          width={560}
          pageName={(place) => t("letter.slipPage", { place })}
          failed={t("letter.pdfFailed")}
        />
      )}
    </Dialog>
  );
}
