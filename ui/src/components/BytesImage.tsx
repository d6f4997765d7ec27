import { useBytesUrl } from "./effects";

/** A picture that came as bytes. */
export function BytesImage({
  bytes,
  alt,
  className,
}: {
  bytes: ArrayBuffer | undefined;
  alt: string;
  className?: string;
}) {
  const url = useBytesUrl(bytes, "image/jpeg");
  return url === undefined ? (
    <span className={className} aria-hidden="true" />
  ) : (
    <img className={className} src={url} alt={alt} />
  );
}
