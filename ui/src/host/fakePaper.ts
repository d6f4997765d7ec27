/** Paper of the fake office: pages and slips drawn on a canvas, put into a PDF as pictures. Holds invented people only. */

const width = 620;
const height = 877;

export type DrawnPage = { lines: string[]; heading?: string; label?: string; broken?: boolean };

export async function drawPage(page: DrawnPage, size: "thumbnail" | "full"): Promise<ArrayBuffer> {
  const factor = size === "full" ? 2 : 0.5;
  const canvas = document.createElement("canvas");
  canvas.width = width * factor;
  canvas.height = height * factor;
  const pen = canvas.getContext("2d");
  if (pen === null) return new ArrayBuffer(0);
  pen.scale(factor, factor);
  pen.fillStyle = "#fdfdfb";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#22252a";
  if (page.label !== undefined) {
    pen.font = "bold 15px monospace";
    pen.fillText(page.label, 360, 60);
    for (let bar = 0; bar < 60; bar += 1) {
      if ((bar * 7 + page.label.length * bar) % 3 !== 0) pen.fillRect(360 + bar * 3.4, 68, 2, 36);
    }
  }
  pen.font = "bold 20px sans-serif";
  pen.fillText(page.heading ?? "", 60, 160);
  pen.font = "15px sans-serif";
  page.lines.forEach((line, index) => {
    pen.fillText(line, 60, 200 + index * 26);
  });
  if (page.broken) {
    pen.fillStyle = "#9a9a9a";
    pen.fillRect(0, height * 0.6, width, height);
  }
  const blob = await new Promise<Blob | null>((done) => {
    canvas.toBlob(done, "image/jpeg", 0.8);
  });
  return blob === null ? new ArrayBuffer(0) : blob.arrayBuffer();
}

/** A PDF with one picture a page, as small as the format allows. */
export async function drawPdf(pages: DrawnPage[]): Promise<ArrayBuffer> {
  const pictures = await Promise.all(pages.map((page) => drawPage(page, "full")));
  const chunks: Uint8Array[] = [];
  const offsets: number[] = [];
  let length = 0;
  const encoder = new TextEncoder();
  const put = (part: string | Uint8Array) => {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    chunks.push(bytes);
    length += bytes.length;
  };
  const object = (id: number, body: (string | Uint8Array)[]) => {
    offsets[id] = length;
    put(`${id} 0 obj\n`);
    for (const part of body) put(part);
    put("\nendobj\n");
  };
  put("%PDF-1.7\n");
  object(1, ["<< /Type /Catalog /Pages 2 0 R >>"]);
  const kids = pictures.map((_, index) => `${3 + index * 3} 0 R`).join(" ");
  object(2, [`<< /Type /Pages /Count ${pictures.length} /Kids [${kids}] >>`]);
  pictures.forEach((picture, index) => {
    const page = 3 + index * 3;
    const draw = "q 595 0 0 842 0 0 cm /P Do Q";
    object(page, [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${page + 1} 0 R `,
      `/Resources << /XObject << /P ${page + 2} 0 R >> >> >>`,
    ]);
    object(page + 1, [`<< /Length ${draw.length} >>\nstream\n${draw}\nendstream`]);
    object(page + 2, [
      `<< /Type /XObject /Subtype /Image /Width ${width * 2} /Height ${height * 2} /ColorSpace /DeviceRGB `,
      `/BitsPerComponent 8 /Filter /DCTDecode /Length ${picture.byteLength} >>\nstream\n`,
      new Uint8Array(picture),
      "\nendstream",
    ]);
  });
  const start = length;
  const count = 3 + pictures.length * 3;
  put(`xref\n0 ${count}\n0000000000 65535 f \n`);
  for (let id = 1; id < count; id += 1) put(`${String(offsets[id]).padStart(10, "0")} 00000 n \n`);
  put(`trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole.buffer;
}
