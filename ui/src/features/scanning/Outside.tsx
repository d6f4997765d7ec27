import { useTranslation } from "react-i18next";
import type { PageId, PageView } from "../../host/types";
import { PageImage } from "./PageImage";
import styles from "./Scanning.module.css";

/** Pages that belong to no letter of the batch: put aside, or not yet read. They stay received and in sight. */
export function Outside(props: { pages: PageView[]; reading: boolean; onZoom: (page: PageId) => void }) {
  const { pages, reading, onZoom } = props;
  const { t } = useTranslation();
  const title = t(reading ? "scanning.unread" : "scanning.outside");
  return (
    <section className={styles.group} aria-label={title} data-testid="outside">
      <div className={styles.about}>
        <strong>{title}</strong>
        {!reading && <span>{t("scanning.outsideLead")}</span>}
      </div>
      <ol className={styles.thumbs}>
        {pages.map((page) => (
          <li key={page.id}>
            <button
              type="button"
              className={styles.thumb}
              data-page={page.id}
              onClick={() => onZoom(page.id)}
              aria-label={t("scanning.pageOf", { place: page.place })}
            >
              <PageImage id={page.id} alt="" size="thumbnail" className={styles.picture} />
              <span className={styles.place}>{page.place}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
