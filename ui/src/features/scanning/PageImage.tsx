import { useQuery } from "@tanstack/react-query";
import { BytesImage } from "../../components/BytesImage";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { PageId } from "../../host/types";

/** The picture of one page. */
export function PageImage(props: { id: PageId; alt: string; size: "thumbnail" | "full"; className?: string }) {
  const host = useHost();
  const { data } = useQuery(queries.page(host, props.id, props.size));
  return <BytesImage bytes={data} alt={props.alt} className={props.className} />;
}
