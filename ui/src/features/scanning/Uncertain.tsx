import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Notice } from "../../components/Notice";
import type { ErrorCode, PageView } from "../../host/types";
import { PageImage } from "./PageImage";
import styles from "./Scanning.module.css";

type Props = { why: ErrorCode; page: PageView; onYes: () => void; onMore: () => void; onZoom: () => void };

/** The feeder ended in an unclear way: the clerk looks at the last page. */
export function Uncertain({ why, page, onYes, onMore, onZoom }: Props) {
  const { t } = useTranslation();
  return (
    <div data-question="last-page" tabIndex={-1} className={styles.uncertain}>
      <Notice kind="warn" title={t("scanning.uncertainTitle")} testId="uncertain">
        <div className={styles.lastPage}>
          <button
            type="button"
            className={styles.thumb}
            onClick={onZoom}
            aria-label={t("scanning.pageOf", { place: page.place })}
          >
            <PageImage id={page.id} alt="" size="thumbnail" className={styles.picture} />
            <span className={styles.place}>{page.place}</span>
          </button>
          <div className={styles.lastWords}>
            <p>{t("scanning.uncertainLead", { why: t(`errors.${why}`, { limit: 0 }) })}</p>
            <div className={styles.answers}>
              <Button kbd="T" onPress={onYes} testId="accept-incomplete">
                {t("scanning.uncertainYes")}
              </Button>
              <Button kbd="F6" onPress={onMore}>
                {t("scanning.more")}
              </Button>
            </div>
          </div>
        </div>
      </Notice>
    </div>
  );
}
