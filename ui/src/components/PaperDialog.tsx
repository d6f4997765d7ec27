import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import type { KeyMap } from "./keyLayers";
import { PdfPages } from "./PdfPages";

type Props = {
  title: string;
  /** The paper; `undefined` while it is being drawn. */
  bytes: ArrayBuffer | undefined;
  /** Words for what went wrong. */
  failure: string | null;
  /** What the system's dialogue answered; `undefined` before the first time. */
  saved: boolean | undefined;
  onSave: () => void;
  onClose: () => void;
  keys?: KeyMap;
  testId: string;
};

/** A paper before it leaves the program: the very bytes that are saved, shown before they are. */
export function PaperDialog({ title, bytes, failure, saved, onSave, onClose, keys, testId }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      keys={{ "Ctrl+S": onSave, "Ctrl+Enter": onSave, ...keys }}
      wide
      scrolls
      testId={`${testId}-dialog`}
      actions={
        <>
          <Button kind="main" kbd="Ctrl+S" onPress={onSave} autoFocus testId={`${testId}-save`}>
            {t("letter.slipSave")}
          </Button>
          <Button kbd="Esc" onPress={onClose} testId={`${testId}-close`}>
            {t("letter.close")}
          </Button>
          <span role="status" data-testid={`${testId}-saved`}>
            {saved !== undefined && t(saved ? "letter.slipSaved" : "letter.slipNotSaved")}
          </span>
        </>
      }
    >
      {failure !== null && <p role="alert">{failure}</p>}
      {bytes === undefined ? (
        failure === null && <p>{t("letter.loading")}</p>
      ) : (
        <PdfPages
          bytes={bytes}
          width={560}
          pageName={(place) => t("letter.slipPage", { place })}
          failed={t("letter.pdfFailed")}
        />
      )}
    </Dialog>
  );
}
