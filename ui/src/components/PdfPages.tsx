/** The very bytes of a PDF, drawn by pdf.js; loaded only when a page is shown. */
import { useEffect, useRef, useState } from "react";
import styles from "./PdfPages.module.css";

type Props = {
  bytes: ArrayBuffer;
  /** What a page is called: the name that a screen reader says. */
  pageName: (place: number) => string;
  failed: string;
  /** Width of a page in drawing pixels. */
  width: number;
};

export function PdfPages({ bytes, pageName, failed, width }: Props) {
  const [pages, setPages] = useState<HTMLCanvasElement[]>([]);
  const [broken, setBroken] = useState(false);

  useEffect(() => {
    let stale = false;
    const drawn = draw(bytes, width, () => stale);
    drawn.then(
      (canvases) => {
        if (!stale) setPages(canvases);
      },
      () => {
        if (!stale) setBroken(true);
      },
    );
    return () => {
      stale = true;
    };
  }, [bytes, width]);

  if (broken) return <p>{failed}</p>;
  return (
    <ol className={styles.pages} data-testid="pdf-pages" data-pages={pages.length}>
      {pages.map((canvas, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pages of one document never change their order
        <Page key={index} canvas={canvas} name={pageName(index + 1)} />
      ))}
    </ol>
  );
}

function Page({ canvas, name }: { canvas: HTMLCanvasElement; name: string }) {
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    place.current?.replaceChildren(canvas);
  }, [canvas, name]);
  return <li ref={place} className={styles.page} />;
}

async function draw(bytes: ArrayBuffer, width: number, stale: () => boolean): Promise<HTMLCanvasElement[]> {
  const [pdf, worker] = await Promise.all([
    import("pdfjs-dist/legacy/build/pdf.mjs"),
    import("pdfjs-dist/legacy/build/pdf.worker.min.mjs?url"),
  ]);
  pdf.GlobalWorkerOptions.workerSrc = worker.default;
  const pixel = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
  const sharpness = Math.max(1, window.devicePixelRatio) * pixel;
  // pdf.js takes the buffer over, and the caller may draw it again at another width.
  const task = pdf.getDocument({ data: bytes.slice(0), isEvalSupported: false, useWasm: false });
  try {
    const document_ = await task.promise;
    const canvases: HTMLCanvasElement[] = [];
    for (let place = 1; place <= document_.numPages && !stale(); place += 1) {
      const page = await document_.getPage(place);
      const viewport = page.getViewport({ scale: (width / page.getViewport({ scale: 1 }).width) * sharpness });
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(viewport.width);
      canvas.height = Math.round(viewport.height);
      await page.render({ canvas, viewport }).promise;
      canvases.push(canvas);
    }
    return canvases;
  } finally {
    await task.destroy();
  }
}
