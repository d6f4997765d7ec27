/** The label as it will look, drawn to scale; the codes appear once the number is really given. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { encode } from "uqr";
import { Card } from "../../components/Card";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { LabelContent } from "../../host/types";
import { bars } from "./code128";
import styles from "./LabelCard.module.css";

export type LabelSketch = Omit<LabelContent, "identifier"> & { identifier: string | null };

export function LabelCard({ sketch, next, footer }: { sketch: LabelSketch; next: boolean; footer?: React.ReactNode }) {
  const { t } = useTranslation();
  const host = useHost();
  const { data } = useQuery(queries.settings(host));
  const size = data?.settings.labelSize ?? "50x25";
  const height = size === "50x25" ? 25 : 30;
  const words = t(next ? "intake.labelNext" : "intake.labelLast");
  return (
    <Card
      title={t("intake.label")}
      aside={<span className={styles.size}>{`${words} · ${t("intake.mm", { size: size.replace("x", " × ") })}`}</span>}
    >
      <svg
        className={styles.label}
        viewBox={`0 0 500 ${height * 10}`}
        role="img"
        aria-label={t("intake.labelOf", { number: sketch.number })}
        data-testid="label-card"
      >
        <rect width="500" height={height * 10} fill="#fff" />
        <g fill="#000">
          <text x="20" y="34" className={styles.small} textLength={sketch.office.length > 30 ? 320 : undefined}>
            {sketch.office.slice(0, 40)}
          </text>
          <text x="20" y="70" className={styles.number} textLength={sketch.number.length > 17 ? 330 : undefined}>
            {sketch.number}
          </text>
          <text x="20" y="96" className={styles.small}>
            {t("intake.received", { at: sketch.received, lng: "pl" })}
          </text>
          <text x="20" y="120" className={styles.small}>
            {`${t("intake.attachmentsShort", { count: sketch.attachments, lng: "pl" })} · ${sketch.clerk}`}
          </text>
          {sketch.copy > 0 && (
            <text x="20" y="144" className={styles.number}>
              {t("intake.duplicate", { copy: sketch.copy })}
            </text>
          )}
          <Qr text={sketch.identifier} />
          <Bars text={sketch.identifier} y={height * 10 - 94} />
          {sketch.identifier === null && (
            <text x="250" y={height * 10 - 58} textAnchor="middle" className={styles.laterWords}>
              {t("intake.codesLater")}
            </text>
          )}
          <text x="20" y={height * 10 - 12} className={styles.mono}>
            {sketch.identifier ?? ""}
          </text>
        </g>
      </svg>
      {footer}
    </Card>
  );
}

function Qr({ text }: { text: string | null }) {
  const side = 116;
  const place = `translate(366 16)`;
  if (text === null) return <rect transform={place} width={side} height={side} className={styles.later} />;
  const { data, size } = encode(text, { border: 0 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return <path transform={`${place} scale(${side / size})`} d={path} />;
}

function Bars({ text, y }: { text: string | null; y: number }) {
  if (text === null) return <rect x="20" y={y} width="460" height="58" className={styles.later} />;
  const widths = bars(text.replaceAll("-", ""));
  const total = widths.reduce((sum, width) => sum + width, 0);
  let x = 0;
  const path = widths
    .map((width, index) => {
      const bar = index % 2 === 0 ? `M${x} 0h${width}v58h-${width}z` : "";
      x += width;
      return bar;
    })
    .join("");
  return <path transform={`translate(20 ${y}) scale(${460 / total} 1)`} d={path} />;
}
