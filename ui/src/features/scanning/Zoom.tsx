import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import type { PageId, PageView } from "../../host/types";
import type { PageImage } from "./PageImage";
import styles from "./Scanning.module.css";

type Props = {
  pages: PageView[];
  page: PageId;
  onPage: (page: PageId) => void;
  onClose: () => void;
  Image: typeof PageImage;
};

/** One page large enough to read; arrows turn the pages of the batch. */
export function Zoom({ pages, page, onPage, onClose, Image }: Props) {
  const { t } = useTranslation();
  const at = pages.findIndex((one) => one.id === page);
  const turn = (step: number) => {
    const next = pages[at + step];
    if (next !== undefined) onPage(next.id);
  };
  const title = t("scanning.zoomTitle", { place: at + 1, count: pages.length });
  return (
    <Dialog
      title={title}
      onClose={onClose}
      keys={{ ArrowRight: () => turn(1), ArrowLeft: () => turn(-1) }}
      wide
      scrolls
      testId="zoom"
      actions={
        <Button kbd="Esc" onPress={onClose} autoFocus>
          {t("letter.close")}
        </Button>
      }
    >
      <Image id={page} alt={title} size="full" className={styles.full} />
    </Dialog>
  );
}
