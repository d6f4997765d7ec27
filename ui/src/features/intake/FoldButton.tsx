import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import type { Fold, LetterForm } from "./form";

/** Opens and folds what is rarely needed. */
export function FoldButton({ form, fold }: { form: LetterForm; fold: Fold }) {
  const { t } = useTranslation();
  const open = form.isOpen(fold);
  const words =
    fold === "address" ? t(open ? "intake.lessSender" : "intake.moreSender") : t(open ? "intake.less" : "intake.more");
  return (
    <div>
      <Button kind="quiet" kbd="F3" onPress={() => form.toggle(fold)} testId={`${form.prefix}fold-${fold}`}>
        <span aria-hidden="true">{open ? "▾ " : "▸ "}</span>
        {words}
      </Button>
    </div>
  );
}
